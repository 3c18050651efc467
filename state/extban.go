package state

import (
	"net/netip"
	"strings"
)

// extbanPrefix starts an extended ban: "$a:account", "$~a" (not logged in), "$m:nick!*@*" (may join, not speak).
const extbanPrefix = '$'

// extbanDepth bounds how deeply extended bans may be nested.
const extbanDepth = 4

// extban is one row of the table of extended bans.
type extban struct {
	letter byte
	name   string
	// arg: it takes an argument; optional: it may also be used without one.
	arg, optional bool
	// nests: the argument is a mask of any kind.
	nests bool
	// mute: users who match may be in the channel but not speak.
	mute  bool
	match func(s *State, who *subject, arg string) bool
	// reckon is the most work that match takes with this argument; nil: hardly any.
	reckon func(arg string) int
	help   string
}

// extbanTable holds every extended ban. EXTBAN and the documents use it.
// https://modern.ircdocs.horse/#extban-parameter
var extbanTable = []extban{
	{letter: 'U', name: "unregistered", help: "Users who are not logged in.",
		match: func(_ *State, who *subject, _ string) bool { return who.user.account == nil }},
	{letter: 'a', name: "account", arg: true, optional: true, match: matchAccount, reckon: reckonBytes(accountBytes),
		help: "Users who are logged in to a matching account; without an argument, all users who are logged in."},
	{letter: 'j', name: "channel", arg: true, match: matchChannel, reckon: func(string) int { return channelWork },
		help: "Members of that channel; with a prefix before its name, only those of that rank or a higher one. Members whom the setter of the mask cannot see do not match, and neither do those of another channel with mode s or p."},
	{letter: 'm', name: "mute", arg: true, nests: true, mute: true,
		help: "Users who match the mask may join, but cannot speak unless they have a voice."},
	{letter: 'r', name: "realname", arg: true, match: matchRealname, reckon: reckonBytes(realnameBytes),
		help: "Users whose real name matches."},
	{letter: 'z', name: "certificate", arg: true, optional: true, match: matchCertificate, reckon: reckonBytes(fingerprintBytes),
		help: "Users with that client certificate fingerprint; without an argument, all users with a secure connection. Wildcards work only in masks that IRC operators with the privilege auspex set."},
}

// ExtbanInfo describes an extended ban for documents.
type ExtbanInfo struct {
	Letter     byte
	Name, Help string
}

// Extbans lists the extended bans in the table's order.
func Extbans() (prefix byte, list []ExtbanInfo) {
	for _, row := range extbanTable {
		list = append(list, ExtbanInfo{row.letter, row.name, row.help})
	}
	return extbanPrefix, list
}

// mask is a compiled entry of a list: a glob of nick!user@host, or an extended ban.
type mask struct {
	glob   string // folded; "" for an extended ban
	prefix netip.Prefix
	// host is the folded host of a mask without wildcards in its host; before is the rest of the mask with a star in
	// place of the host. Both are "" for other masks.
	host, before string
	row          *extban
	invert       bool
	arg          string // folded
	inner        *mask
	cost         int  // see work; 0: not known yet
	nobody       bool // no user can ever match
}

// parsePlainMask compiles nick!user@host. A host that is an address or network (CIDR) is compared as such, in any
// spelling.
func (p *Policy) parsePlainMask(text string) (tidy string, m *mask, ok bool) {
	tidy = NormalMask(text, p.MaskBytes)
	if tidy == "" {
		return "", nil, false
	}
	m = &mask{glob: p.Casemapping.Fold(tidy)}
	at := strings.LastIndexByte(tidy, '@') + 1
	m.nobody = BrokenNetwork(tidy[at:])
	if prefix, is := ParseNetwork(tidy[at:]); is {
		tidy = tidy[:at] + prefixText(prefix)
		m.glob, m.prefix = p.Casemapping.Fold(tidy[:at])+"*", prefix
	} else if m.host = wholeHost(m.glob); m.host != "" {
		m.before = strings.TrimSuffix(m.glob, m.host) + "*"
	}
	return tidy, m, len(tidy) <= p.MaskBytes
}

// parseMask compiles a mask and returns its normal form; ok is false when it is not valid.
func (p *Policy) parseMask(text string, depth int) (tidy string, m *mask, ok bool) {
	if text == "" || text[0] != extbanPrefix {
		return p.parsePlainMask(text)
	}
	if depth == 0 || len(text) > p.MaskBytes || strings.ContainsAny(text, " \r\n\x00") {
		return "", nil, false
	}
	rest, invert := strings.CutPrefix(text[1:], "~")
	if rest == "" {
		return "", nil, false
	}
	letter, arg, given := rest[0], "", false
	if len(rest) > 1 {
		if rest[1] != ':' {
			return "", nil, false
		}
		arg, given = rest[2:], rest[2:] != ""
	}
	m = &mask{invert: invert, arg: p.Casemapping.Fold(arg), row: findExtban(letter)}
	if m.row == nil || given && !m.row.arg || !given && m.row.arg && !m.row.optional {
		return "", nil, false
	}
	tidy = string(rune(extbanPrefix))
	if invert {
		tidy += "~"
	}
	tidy += string(rune(letter))
	if !given {
		return tidy, m, true
	}
	if m.row.nests {
		if arg, m.inner, ok = p.parseMask(arg, depth-1); !ok || m.inner.mutes() {
			return "", nil, false
		}
		m.nobody = m.inner.nobody
	}
	m.nobody = m.nobody || letter == 'j' && !p.namesChannel(arg)
	return tidy + ":" + arg, m, len(tidy)+1+len(arg) <= p.MaskBytes
}

func findExtban(letter byte) *extban {
	for i := range extbanTable {
		if extbanTable[i].letter == letter {
			return &extbanTable[i]
		}
	}
	return nil
}

// namesChannel reports whether the argument of $j is the name of a channel, with or without the prefix of a rank.
func (p *Policy) namesChannel(arg string) bool {
	if !IsChannelName(arg) && p.PrefixRank(arg[0]) != NoRank {
		arg = arg[1:]
	}
	return ValidChannelName(arg)
}

// whyNobody says why no user can ever match a mask, or returns "".
func (m *mask) whyNobody() string {
	if m == nil || !m.nobody {
		return ""
	}
	return "No user can ever match that mask: use a valid network, such as 192.0.2.0/24 or 2001:db8::/32, or a channel name, such as $j:#channel"
}

// mutes reports whether the mask only keeps users from speaking.
func (m *mask) mutes() bool { return m.row != nil && m.row.mute }

func matchAccount(s *State, who *subject, arg string) bool {
	account := who.user.Account()
	return account != "" && (arg == "" || s.glob(arg, s.policy.Casemapping.Fold(account)))
}

func matchRealname(s *State, who *subject, arg string) bool {
	// A mask cannot contain spaces: users write a question mark for one.
	return s.glob(arg, s.realname(who))
}

// realname returns the folded real name of a subject. A list can have many masks of real names.
func (s *State) realname(who *subject) string {
	if who.realname == "" {
		s.spend(subjectWork)
		who.realname = s.policy.Casemapping.Fold(who.user.realname)
	}
	return who.realname
}

// matchChannel matches the members of a channel. A list must not reveal members that its setter could not see in that
// channel.
func matchChannel(s *State, who *subject, arg string) bool {
	need := NoRank
	if !IsChannelName(arg) {
		need = s.policy.PrefixRank(arg[0])
		if arg = arg[1:]; need == NoRank {
			return false
		}
	}
	s.spend(channelWork)
	c := s.names[arg]
	if c == nil {
		return false
	}
	m := who.user.Member(c)
	return m != nil && m.ranks.AtLeast(need) && (c == who.in || who.sees(m))
}

// sees reports whether the setter of the mask may know that the user is a member of a channel: the membership is
// public, or the setter is a member too and sees the user there.
func (who *subject) sees(m *Member) bool {
	c := m.channel
	switch {
	case who.sight == everything:
		return true
	case c.HasMode('s'), c.HasMode('p'):
		return false
	case who.viewer != nil && who.viewer.Member(c) != nil:
		return who.viewer.Member(c).Sees(m)
	}
	return !m.user.HasMode('i') && !m.user.HasMode('I') && m.Seen(false)
}

// matchCertificate matches users by their certificate fingerprint, which only IRC operators can see. Masks with
// wildcards match only for these operators. Other users must already know the whole fingerprint, so that they cannot
// find it out part by part.
func matchCertificate(s *State, who *subject, arg string) bool {
	if arg == "" {
		return who.user.HasMode('Z')
	}
	if who.sight < everything && strings.ContainsAny(arg, "*?") {
		return false
	}
	return who.user.fingerprint != "" && s.glob(arg, who.user.fingerprint)
}

// live reports whether a match can depend on memberships of other channels; lasts reports the opposite.
func (m *mask) live() bool {
	return m != nil && m.row != nil && (m.row.letter == 'j' || m.inner.live())
}
func (m *mask) lasts() bool { return !m.live() }

// guesses reports whether the mask contains a fingerprint with wildcards.
func (m *mask) guesses() bool {
	return m != nil && m.row != nil && (m.row.letter == 'z' && strings.ContainsAny(m.arg, "*?") || m.inner.guesses())
}
