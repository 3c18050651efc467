package config

import (
	"slices"
	"strconv"
	"strings"
)

// allTags in Server.ClientTagDeny blocks all client-only tags, except those that are listed with the prefix exempt.
// https://ircv3.net/specs/extensions/message-tags#rpl_isupport-tokens
const (
	allTags = "*"
	exempt  = "-"
)

// maxTagListBytes is the maximum length of the list as ISUPPORT shows it.
const maxTagListBytes = 300

// DeniesTag reports whether the server blocks a client-only tag. The name has no plus sign.
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
		c.report(key, "can have at most "+strconv.Itoa(maxTagListBytes)+" bytes in total")
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
			c.report(at, "* can only be the first entry")
		case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./") != "":
			c.report(at, "must be the name of a tag without its '+', such as typing or draft/react, not "+strconv.Quote(tag))
		case all && !exempted:
			c.report(at, "* already blocks "+strconv.Quote(tag)+"; to allow it, put a '-' in front")
		case !all && exempted:
			c.report(at, strconv.Quote(tag)+" starts with '-', which makes sense only after *")
		}
	}
}
