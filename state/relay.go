package state

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Messages that show somebody else than their sender: those that a bridge relays from another network, and those of characters in
// a game. The sender is judged as for any message of his; what is shown cannot be taken for a user, because it has a character that
// no nick may have.

type (
	// Relay speaks in a channel for somebody who is not here, called Nick.
	Relay struct {
		Channel, Nick, Text string
		Tags                []Tag
	}
	// Play speaks in a channel as a character, or tells of the scene when Nick is "". Action: what the character does.
	Play struct {
		Channel, Nick, Text string
		Action              bool
		Tags                []Tag
	}
)

func (*Relay) kind() byte { return 66 }
func (*Play) kind() byte  { return 67 }

// Relaying is the part of a policy that is about relayed messages.
type Relaying struct {
	// Separators are the characters one of which is in every relayed nick; "": nobody relays.
	Separators string
	// Rank is the lowest that may relay; NoRank: every member.
	Rank Rank
	// NickBytes bounds a relayed nick.
	NickBytes int
	// User and Host stand behind it.
	User, Host string
}

// Roleplaying is the part of a policy that is about characters.
type Roleplaying struct {
	Enabled bool
	// Rank is the lowest that may speak as a character; NoRank: every member.
	Rank Rank
	// Suffix: the text ends with the nick of who says it.
	Suffix bool
}

// reservedInNicks must not be in a relayed nick, because it means something where nicks stand.
// https://github.com/ircv3/ircv3-specifications/pull/417#abuse-prevention
const reservedInNicks = "!+%@&#$:'\"?*,."

// ValidSeparator tells whether a character can set relayed nicks apart from all others.
func ValidSeparator(b byte) bool {
	return b > ' ' && b < 0x7f && strings.IndexByte(reservedInNicks+"-;=~<>", b) < 0 && !ValidNick("a"+string(rune(b)))
}

// badRelayNick tells what is wrong with a relayed nick, "" for nothing. It may have any letters: none can be taken for a user's.
func (p *Policy) badRelayNick(nick string) string {
	at := strings.IndexAny(nick, p.Relay.Separators)
	switch {
	case len(nick) > p.Relay.NickBytes:
		return "The nickname is too long"
	case !utf8.ValidString(nick):
		return "The nickname is not UTF-8"
	case strings.ContainsAny(nick, reservedInNicks), strings.ContainsFunc(nick, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }):
		return "The nickname contains characters that are not allowed"
	case at < 0:
		return "The nickname must contain one of these characters: " + p.Relay.Separators
	case at == 0, strings.HasSuffix(nick, nick[at:at+1]):
		return "The nickname must have characters before and after the separator"
	case strings.IndexByte("~=<>", nick[0]) >= 0:
		return "The nickname starts with a character that is not allowed there"
	}
	return ""
}

// apply: https://github.com/ircv3/ircv3-specifications/pull/417
func (op *Relay) apply(s *State, st Stamp) *Refusal {
	p := &s.policy.Relay
	if p.Separators == "" {
		return refuse(CannotRelay, op.Channel)
	}
	m, refusal := s.speaker(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	c := m.channel
	if why := s.policy.badRelayNick(op.Nick); why != "" {
		return &Refusal{Code: BadRelayNick, Channel: c.name, Nick: op.Nick, Why: why}
	}
	if need := s.lowestInUse(p.Rank); p.Rank != NoRank && !m.ranks.AtLeast(need) {
		return &Refusal{Code: CannotRelay, Channel: c.name, Need: need}
	}
	source := op.Nick + "!" + p.User + "@" + p.Host
	if s.namesSource(c.List('b'), source) && !s.namesSource(c.List('e'), source) {
		return refuseNick(RelayBanned, c.name, op.Nick)
	}
	return s.showAs(st, m, source, op.Text, "", op.Tags, true)
}

// namesSource tells whether an entry is a mask of this source. What entries say otherwise of a user, such as his account, is about
// who relays.
func (s *State) namesSource(list []ListEntry, source string) bool {
	folded := s.policy.Casemapping.Fold(source)
	for i := range list {
		test := list[i].test
		if test.mutes() && test.inner != nil && !test.invert {
			test = test.inner
		}
		if test.row == nil && !test.prefix.IsValid() && s.glob(test.glob, folded) {
			return true
		}
	}
	return false
}

// The source of what a character says: the nick of who plays it, and a host that none can have.
const (
	sceneNick    = "=Scene="
	roleplayHost = "npc.fakeuser.invalid"
)

// apply: https://gist.github.com/DanielOaks/420d14efbbcda93a7d7e1dc00bf7dc25
func (op *Play) apply(s *State, st Stamp) *Refusal {
	p := &s.policy.Roleplay
	if !p.Enabled {
		return cannotPlay(op.Channel, "Roleplay is not enabled on this server")
	}
	m, refusal := s.speaker(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	c, nick := m.channel, sceneNick
	if op.Nick != "" {
		if !ValidNick(op.Nick) || len(op.Nick) > s.policy.NickBytes {
			return cannotPlay(c.name, "The character's name must be a valid nickname")
		}
		nick = "*" + op.Nick + "*"
	}
	switch need := s.lowestInUse(p.Rank); {
	case !c.flags.has('E'):
		return cannotPlay(c.name, "This channel does not allow roleplay (+E)")
	case p.Rank != NoRank && !m.ranks.AtLeast(need):
		return &Refusal{Code: CannotPlay, Channel: c.name, Need: need}
	}
	suffix := ""
	if p.Suffix {
		suffix = " (" + m.user.nick + ")"
	}
	text := op.Text
	if op.Action {
		text = actionOpen + text + actionClose
	}
	return s.showAs(st, m, nick+"!"+m.user.nick+"@"+roleplayHost, text, suffix, op.Tags, false)
}

func cannotPlay(channel, why string) *Refusal {
	return &Refusal{Code: CannotPlay, Channel: channel, Why: why}
}

// What a CTCP ACTION begins and ends with.
// https://modern.ircdocs.horse/ctcp#action
const (
	actionOpen  = "\x01ACTION "
	actionClose = "\x01"
)

// speaker is the member who is about to speak in a channel that he is in.
func (s *State) speaker(st Stamp, channel string) (*Member, *Refusal) {
	m, refusal := s.place(st, channel)
	if refusal != nil {
		return nil, refusal
	}
	if !s.mayTalk(m.user, nil) {
		return nil, refuse(TalkClosed, m.channel.name)
	}
	return m, nil
}

// textRoomBytes is what a line has for its source, its target and its text.
const textRoomBytes = 512 - len(": PRIVMSG  :\r\n")

// showAs judges the member's message and shows it with another source. The suffix is not cut off, nor the end of an action.
func (s *State) showAs(st Stamp, m *Member, source, text, suffix string, tags []Tag, relayed bool) *Refusal {
	s.attempt = attempt{state: s, doing: Speaking, user: m.user, channel: m.channel, member: m, kind: Privmsg, text: text}
	if spoken, refusal := s.speak(); !spoken {
		return refusal
	}
	text, action := strings.CutPrefix(s.attempt.text, actionOpen)
	end := suffix
	if action {
		text, end = actionOpen+strings.TrimSuffix(text, actionClose), suffix+actionClose
	}
	text = keep(text, max(0, textRoomBytes-len(source)-len(m.channel.name)-len(end))) + end
	m.user.active = s.now
	s.emit(&MessageSent{
		Stamp: st, Kind: Privmsg, From: m.user, Channel: m.channel, Audience: s.attempt.audience, Text: text, Tags: tags,
		Shown: source, Relayed: relayed,
	})
	return nil
}
