package state

import (
	"net/netip"
	"slices"
	"strings"
)

// BanAction is the effect of a server ban on the users that it matches.
type BanAction byte

// The actions. Their numbers are part of the encoding.
const (
	// BanConnect disconnects users and keeps them out.
	BanConnect BanAction = 1 + iota
	// BanExempt exempts users from bans and shuns.
	BanExempt
	// BanShun lets users stay connected, but no user receives their messages.
	BanShun
	// BanReserve reserves a nick or channel name for IRC operators.
	BanReserve
)

// banActions holds the names of the actions, which UBAN has before a target.
var banActions = map[BanAction]string{BanConnect: "ban", BanExempt: "except", BanShun: "shun", BanReserve: "reserve"}

// String returns the action's name.
func (a BanAction) String() string { return banActions[a] }

// BanActionOf returns the action with this name.
func BanActionOf(name string) (BanAction, bool) {
	for a, n := range banActions {
		if n == name {
			return a, true
		}
	}
	return 0, false
}

// targetKind is the property of a user that a target is compared with.
type targetKind byte

const (
	addressTarget     targetKind = iota // an address or a network
	maskTarget                          // nick!user@host
	accountTarget                       // $a:
	realnameTarget                      // $r:
	certificateTarget                   // $z:
	nickTarget                          // a reserved nick
	channelTarget                       // a reserved channel
)

// banTarget is a parsed target. Its masks are folded.
type banTarget struct {
	kind targetKind
	// prefix is the network of an address target, or of a mask whose host is one; the zero value otherwise.
	prefix netip.Prefix
	// nick, user and host are the parts of a mask. word is for the other kinds.
	nick, user, host, word string
}

// wholeFamily refuses 0.0.0.0/0 and ::/0.
const wholeFamily = "That network would match everyone"

// banTargetBytes bounds a target, so that it fits into a line with a reason.
const banTargetBytes = 200

// parseBanTarget parses a target and returns it in its normal form; why says what is wrong with it.
func parseBanTarget(cm Casemapping, action BanAction, text string) (t banTarget, tidy, why string) {
	t, tidy, why = readBanTarget(cm, action, text)
	if why == "" && len(tidy) > banTargetBytes {
		return t, "", "A target may have at most 200 bytes"
	}
	return t, tidy, why
}

func readBanTarget(cm Casemapping, action BanAction, text string) (t banTarget, tidy, why string) {
	switch {
	case text == "" || strings.ContainsAny(text, " \r\n\x00") || text[0] == ':':
		return t, "", "A target must be a single word"
	case len(text) > banTargetBytes:
		return t, "", "A target may have at most 200 bytes"
	case action == BanReserve:
		return parseReserved(cm, text)
	case text[0] == '$':
		return parseTyped(cm, text)
	}
	if prefix, is := ParseNetwork(text); is && prefix.Bits() == 0 {
		return t, "", wholeFamily
	} else if is {
		return banTarget{kind: addressTarget, prefix: prefix}, prefixText(prefix), ""
	}
	return parseBanMask(cm, text)
}

// parseBanMask parses nick!user@host or user@host. A host that is an address or network is compared as such.
func parseBanMask(cm Casemapping, text string) (t banTarget, tidy, why string) {
	before, host, at := strings.Cut(text, "@")
	if !at {
		return t, "", "A target must be nick!user@host, user@host, an address, a network, $a:account, $r:realname or $z:fingerprint"
	}
	nick, user, bang := strings.Cut(before, "!")
	if !bang {
		nick, user = "*", before
	}
	nick, user, host = tidyStars(nick), tidyStars(user), tidyStars(host)
	t = banTarget{kind: maskTarget, nick: cm.Fold(nick), user: cm.Fold(user), host: cm.Fold(host)}
	if prefix, is := ParseNetwork(host); is {
		if prefix.Bits() == 0 {
			return t, "", wholeFamily
		}
		if nick == "*" && user == "*" {
			return banTarget{kind: addressTarget, prefix: prefix}, prefixText(prefix), ""
		}
		t.prefix, t.host, host = prefix, "", prefixText(prefix)
	}
	if strings.Trim(nick+user+host, "*?") == "" {
		return t, "", "That mask would match everyone"
	}
	return t, nick + "!" + user + "@" + host, ""
}

// tidyStars completes a part of a mask, and replaces a run of stars by one, which means the same.
func tidyStars(part string) string {
	part = starIfEmpty(part)
	for strings.Contains(part, "**") {
		part = strings.ReplaceAll(part, "**", "*")
	}
	return part
}

// parseTyped parses $a:account, $r:realname (a space is written \s) and $z:fingerprint.
func parseTyped(cm Casemapping, text string) (t banTarget, tidy, why string) {
	kind, word, colon := strings.Cut(text[1:], ":")
	if !colon || word == "" {
		return t, "", "Write $a:account, $r:realname or $z:fingerprint"
	}
	switch kind {
	case "a":
		t.kind = accountTarget
	case "r":
		t.kind = realnameTarget
	case "z":
		t.kind = certificateTarget
		word = strings.ToLower(strings.ReplaceAll(word, ":", ""))
		// Stars and question marks are allowed, although the index cannot find such targets.
		if strings.Trim(word, "0123456789abcdef*?") != "" {
			return t, "", "A fingerprint must be hexadecimal"
		}
	default:
		return t, "", "Write $a:account, $r:realname or $z:fingerprint"
	}
	word = tidyStars(word)
	if strings.Trim(word, "*?") == "" && t.kind == realnameTarget {
		return t, "", "That mask would match everyone"
	}
	t.word = cm.Fold(strings.ReplaceAll(word, `\s`, " "))
	return t, "$" + kind + ":" + word, ""
}

// parseReserved parses a nick or channel name with * and ? as wildcards.
func parseReserved(cm Casemapping, text string) (t banTarget, tidy, why string) {
	tidy = tidyStars(text)
	t = banTarget{kind: nickTarget, word: cm.Fold(tidy)}
	if IsChannelName(tidy) {
		t.kind = channelTarget
	} else if strings.ContainsAny(tidy, "!@$:/.,") {
		return t, "", "Only a nick or channel name, with * and ? as wildcards, can be reserved"
	}
	if strings.Trim(tidy, "*?#") == "" {
		return t, "", "That would match every name"
	}
	return t, tidy, ""
}

// ParseNetwork parses an address or network. Bits beyond its length count as zero. IPv4 addresses that are written as
// IPv6 are IPv4, because users have them in that form.
func ParseNetwork(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if mapped := prefix.Addr(); mapped.Is4In6() {
		const mappedBits = 96
		if prefix.Bits() < mappedBits {
			return netip.Prefix{}, false
		}
		prefix = netip.PrefixFrom(mapped.Unmap(), prefix.Bits()-mappedBits)
	}
	return prefix.Masked(), true
}

// BrokenNetwork reports whether a host looks like a network but is none, such as 192.0.2.0/33 or 192.0.2.0/: no user
// has such a host.
func BrokenNetwork(host string) bool {
	before, _, slash := strings.Cut(host, "/")
	if !slash {
		return false
	}
	_, err := netip.ParseAddr(before)
	_, valid := ParseNetwork(host)
	return err == nil && !valid
}

// prefixText formats a network; a single address has no length.
func prefixText(p netip.Prefix) string {
	text := p.String()
	if p.IsSingleIP() {
		text = p.Addr().String()
	}
	if text[0] == ':' {
		return "0" + text // a parameter that starts with a colon would be the last one of its line
	}
	return text
}

// banSubject is a user to be judged. Its texts are folded.
type banSubject struct {
	state                                      *State
	nick, user, realname, account, fingerprint string
	hosts                                      []string // including the address
	addr                                       netip.Addr
}

func (s *State) banSubject(u *User) banSubject {
	fold := s.policy.Casemapping.Fold
	s.spend(subjectWork)
	who := banSubject{
		state: s, nick: fold(u.nick), user: fold(u.username),
		realname: fold(u.realname), account: fold(u.Account()), fingerprint: u.fingerprint,
	}
	hosts, n := u.hosts()
	for _, host := range hosts[:n] {
		who.hosts = append(who.hosts, fold(host))
	}
	who.addr, _ = netip.ParseAddr(u.address) // an unknown address is in no network
	who.addr = who.addr.WithZone("")
	return who
}

// covers reports whether the target, which is not a reserved name, matches a user.
func (t *banTarget) covers(who *banSubject) bool {
	s := who.state
	switch t.kind {
	case addressTarget:
		return t.prefix.Contains(who.addr)
	case maskTarget:
		if t.nick != "*" && !s.glob(t.nick, who.nick) || t.user != "*" && !s.glob(t.user, who.user) {
			return false
		}
		if t.prefix.IsValid() {
			return t.prefix.Contains(who.addr)
		}
		return slices.ContainsFunc(who.hosts, func(host string) bool { return s.glob(t.host, host) })
	case accountTarget:
		return who.account != "" && s.glob(t.word, who.account)
	case realnameTarget:
		return s.glob(t.word, who.realname)
	case certificateTarget:
		return who.fingerprint != "" && s.glob(t.word, who.fingerprint)
	}
	return false
}
