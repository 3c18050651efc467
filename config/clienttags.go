package config

import (
	"slices"
	"strconv"
	"strings"
)

// allTags blocks all client-only tags in Server.ClientTagDeny, and exempt stands before those that are let through.
// https://ircv3.net/specs/extensions/message-tags#rpl_isupport-tokens
const (
	allTags = "*"
	exempt  = "-"
)

// maxTagListBytes bounds the list as ISUPPORT shows it.
const maxTagListBytes = 300

// DeniesTag tells whether a client-only tag, named without its plus sign, is not passed on.
func (s *Server) DeniesTag(name string) bool {
	if len(s.ClientTagDeny) == 0 {
		return false
	}
	if s.ClientTagDeny[0] == allTags {
		return !slices.Contains(s.ClientTagDeny, exempt+name)
	}
	return slices.Contains(s.ClientTagDeny, name)
}

func (s *Server) checkTags(c *checker) {
	const key = "server.client_tag_deny"
	if len(strings.Join(s.ClientTagDeny, ",")) > maxTagListBytes {
		c.report(key, "may have at most "+strconv.Itoa(maxTagListBytes)+" bytes in all")
	}
	all := len(s.ClientTagDeny) > 0 && s.ClientTagDeny[0] == allTags
	for i, tag := range s.ClientTagDeny {
		if i == 0 && all {
			continue
		}
		at := joinPath(key, strconv.Itoa(i))
		name, exempted := strings.CutPrefix(tag, exempt)
		switch {
		case tag == allTags:
			c.report(at, "* stands first, if at all")
		case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./") != "":
			c.report(at, "must be the name of a tag without its '+', such as typing or draft/react, not "+strconv.Quote(tag))
		case all && !exempted:
			c.report(at, "* blocks "+strconv.Quote(tag)+" already; with a '-' before it, it is let through")
		case !all && exempted:
			c.report(at, strconv.Quote(tag)+" has a '-', which is for what * would block")
		}
	}
}
