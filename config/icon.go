package config

import (
	"net/url"
	"strings"
)

// maxIconBytes bounds the address of the icon as ISUPPORT shows it.
const maxIconBytes = 300

// iconAddress says what is wrong with the address of an icon.
func iconAddress(text string) string {
	address, err := url.Parse(text)
	switch {
	case err != nil, address.Host == "", address.Scheme != "https" && address.Scheme != "http":
		return "must be an address such as https://example.org/icon.svg"
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "must not contain spaces, and what is not ASCII must be written as %XX"
	case len(text)+len(`x3D`)*(strings.Count(text, "=")+strings.Count(text, `\`)) > maxIconBytes:
		return "is too long for a line"
	}
	return ""
}
