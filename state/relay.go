package state

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Messages that show a different source than their sender: those that a bridge relays from a different network, and
// those of characters in a game. The sender is judged as for any other message. The shown name cannot be mistaken for
// a user's, because it contains a character that no nick may have.

type (
	// Relay sends a message to a channel on behalf of a user named Nick on a different network.
	Relay struct {
		Channel, Nick, Text string
		Tags                []Tag
	}
	// Play sends a message to a channel as a character or, when Nick is "", describes the scene. Action: the text is what
	// the character does.
	Play struct {
		Channel, Nick, Text string
		Action              bool
		Tags                []Tag
	}
)

// Relaying is the part of a policy for relayed messages.
type Relaying struct {
	// Separators are characters, one of which every relayed nick must contain; "": relaying is off.
	Separators string
	// Rank is the lowest rank that may relay; NoRank: every member may.
	Rank Rank
	// NickBytes bounds a relayed nick.
	NickBytes int
	// User and Host are shown after a relayed nick.
	User, Host string
}

// Roleplaying is the part of a policy for characters in games.
type Roleplaying struct {
	Enabled bool
	// Rank is the lowest rank that may speak as a character; NoRank: every member may.
	Rank Rank
	// Suffix: the text ends with the nick of the sender.
	Suffix bool
}

// reservedInNicks lists characters that a relayed nick must not contain, because they have a meaning next to nicks.
// https://github.com/ircv3/ircv3-specifications/pull/417#abuse-prevention
const reservedInNicks = "!+%@&#$:'\"?*,."

// ValidSeparator reports whether a character can distinguish relayed nicks from all others.
func ValidSeparator(b byte) bool {
	return b > ' ' && b < 0x7f && strings.IndexByte(reservedInNicks+"-;=~<>", b) < 0 && !ValidNick("a"+string(rune(b)))
}

// badRelayNick returns what is wrong with a relayed nick, "" if it is valid. Any letters are allowed, because the
// separator keeps it from being mistaken for a user's nick.
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
	m, refusal := s.place(st, op.Channel)
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
	return s.showAs(st, m, &shownMessage{name: op.Nick, source: source, text: op.Text, tags: op.Tags, relayed: true})
}

// namesSource reports whether a plain mask in the list matches this source. Extended bans, such as for an account,
// apply to the user who relays.
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

// The user and host in the source of a character's message: the nick of the player, and a host that no user can have.
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
	m, refusal := s.place(st, op.Channel)
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
	return s.showAs(st, m, &shownMessage{name: op.Nick, source: nick + "!" + m.user.nick + "@" + roleplayHost, text: text, suffix: suffix, tags: op.Tags})
}

func cannotPlay(channel, why string) *Refusal {
	return &Refusal{Code: CannotPlay, Channel: channel, Why: why}
}

// The beginning and end of a CTCP ACTION.
// https://modern.ircdocs.horse/ctcp#action
const (
	actionOpen  = "\x01ACTION "
	actionClose = "\x01"
)

// textRoomBytes is the space in a line for source, target and text.
const textRoomBytes = 512 - len(": PRIVMSG  :\r\n")

// shownMessage is a message with a source that is not its sender's, and the name in it as the sender wrote it.
type shownMessage struct {
	name, source, text, suffix string
	tags                       []Tag
	relayed                    bool
}

// showAs judges the member's message and shows it with a different source. Long texts are cut before the suffix and
// the end of an action.
func (s *State) showAs(st Stamp, m *Member, x *shownMessage) *Refusal {
	s.attempt = attempt{
		state: s, doing: Speaking, user: m.user, channel: m.channel, member: m, kind: Privmsg, text: x.text, tags: x.tags, character: x.name,
	}
	if spoken, refusal := s.tell(MessageText); !spoken {
		return refusal
	}
	text, action := strings.CutPrefix(s.attempt.text, actionOpen)
	end := x.suffix
	if action {
		text, end = actionOpen+strings.TrimSuffix(text, actionClose), x.suffix+actionClose
	}
	text = keep(text, max(0, textRoomBytes-len(x.source)-len(m.channel.name)-len(end))) + end
	m.user.active = s.now
	s.emit(&MessageSent{
		Stamp: st, Kind: Privmsg, From: m.user, Channel: m.channel, Audience: s.attempt.audience, Text: text, Tags: s.attempt.tags,
		Shown: x.source, Relayed: x.relayed,
	})
	return nil
}
