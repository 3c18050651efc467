package config

import (
	"net/url"
	"strings"
)

// maxIconBytes is the maximum length of the icon's URL as ISUPPORT shows it.
const maxIconBytes = 300

// iconAddress returns what is wrong with the URL of an icon, or "".
func iconAddress(text string) string {
	address, err := url.Parse(text)
	switch {
	case err != nil, address.Host == "", address.Scheme != "https" && address.Scheme != "http":
		return "must be a URL such as https://example.org/icon.svg"
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "must not contain spaces, and non-ASCII characters must be written as %XX"
	case len(text)+len(`x3D`)*(strings.Count(text, "=")+strings.Count(text, `\`)) > maxIconBytes:
		return "is too long for an IRC line"
	}
	return ""
}
