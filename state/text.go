package state

// Everything that a user writes and others read, whatever the command: each kind of text has a row in one table, with what must
// be asked before others read it. Without this a user who may not speak would speak through a reason, a topic or a name.

// TextKind is a kind of text that a user writes and others read.
type TextKind byte

// The kinds of text.
const (
	MessageText TextKind = iota + 1
	TagText
	CharacterText
	TopicText
	LeavingText
	QuitText
	KickText
	BanText
	RenameText
	ChannelText
	RedactionText
	InvitationText
	AwayText
	NickText
	UsernameText
	RealnameText
	MetadataText
	ChannelMetadataText
	textKinds
)

// question is something to ask before others read a text. Each is a bit.
type question byte

const (
	// askTalk: may the user talk at all, with the level of DEFCON in force?
	askTalk question = 1 << iota
	// askShun: is the user shunned? Most commands of shunned users are dropped before they are operations.
	askShun
	// askBan: is the user banned or muted in a channel that they are in?
	askBan
	// askModes: do the channel's modes allow it as they would a message? These are bans and mutes, moderation, colours, CTCP, the
	// filter of the channel, slow mode and floods.
	askModes
	// askRecipient: do the recipient's modes, ACCEPT and SILENCE let it through?
	askRecipient
	// askFilter: do the content filters let it through?
	askFilter
)

// textRow is one row of the table of texts.
type textRow struct {
	name string
	asks question
}

// textTable: a comment says why a question is not asked. IRC operators who act by a privilege are asked nothing, see standing:
// they must be able to act, and answer for what they say.
var textTable = [textKinds]textRow{
	// A ban of one channel says nothing about others and about private messages, so askBan is not for messages: the modes of the
	// channel itself are asked. A shunned user's messages are dropped before.
	MessageText: {"message", askTalk | askModes | askRecipient | askFilter},
	// The values of client-only tags go where their message goes. Their keys are not asked: clients do not show them.
	TagText: {"tag", askTalk | askModes | askRecipient | askFilter},
	// The name of a character, or of somebody on another network, stands before a message.
	CharacterText: {"character's name", askTalk | askModes | askFilter},
	TopicText:     {"topic", askTalk | askModes | askFilter},
	// LEAVE, PART and CYCLE.
	LeavingText: {"reason for leaving", askTalk | askShun | askModes | askFilter},
	QuitText:    {"reason for quitting", askTalk | askShun | askModes | askFilter},
	KickText:    {"reason for a kick", askTalk | askModes | askFilter},
	BanText:     {"reason for a ban", askTalk | askModes | askFilter},
	RenameText:  {"reason for a rename", askTalk | askModes | askFilter},
	// The name of a new channel. DEFCON has a measure of its own for new channels, and a RENAME is refused for its reason.
	ChannelText: {"channel name", askFilter},
	// A reason that is sent to one user asks what a message to that user asks.
	RedactionText: {"reason for a redaction", askTalk | askModes | askRecipient | askFilter},
	// The name of a channel that is there was judged when it was new. Modes are not asked: who may invite is a matter of rank.
	InvitationText: {"invitation", askTalk | askRecipient},
	// What a user is called and says of themselves is seen in no one channel. Moderation, colours and the pace of a channel are
	// about what is said in it, and are not asked: whoever is in one moderated channel could have no away message anywhere.
	AwayText:     {"away message", askTalk | askShun | askBan | askFilter},
	NickText:     {"nick", askTalk | askBan | askFilter},
	RealnameText: {"real name", askTalk | askBan | askFilter},
	MetadataText: {"metadata", askTalk | askShun | askBan | askFilter},
	// The operators of a channel describe it.
	ChannelMetadataText: {"metadata", askTalk | askFilter},
	// A user name never changes after the welcome, when there are no channels yet; a level of DEFCON closes the door, or does not.
	UsernameText: {"user name", askFilter},
}

func (k TextKind) asks(q question) bool { return textTable[k].asks&q != 0 }

// String is what the text is called.
func (k TextKind) String() string { return textTable[k].name }

// tell lets the level of DEFCON and the modes of the channel judge what a user is about to say there, in s.attempt. spoken is
// false when they refuse it or, without a refusal, have acted on it.
func (s *State) tell(kind TextKind) (spoken bool, refusal *Refusal) {
	a := &s.attempt
	if kind.asks(askTalk) && !s.mayTalk(a.user, nil) {
		return false, refuse(TalkClosed, a.channel.name)
	}
	if !kind.asks(askModes) {
		return true, nil
	}
	return s.speak()
}

// said returns what a channel is shown of a text that goes with something else, such as a reason: nothing if the member may not
// say it there, otherwise the text as the channel's modes change it. It does not count as a message.
func (s *State) said(kind TextKind, m *Member, text string) string {
	switch {
	case text == "" || m.ranks == overrides:
		return text
	case kind.asks(askTalk) && !s.mayTalk(m.user, nil), kind.asks(askShun) && m.user.shunned:
		return ""
	case !kind.asks(askModes):
		return text
	}
	a := attempt{state: s, doing: Speaking, user: m.user, channel: m.channel, member: m, text: text}
	if s.forbidden(&a) != nil || a.audience != NoRank {
		return ""
	}
	return a.text
}

// judgeSelf judges a text by which a user describes themselves, and which is seen wherever they are. It returns why others must
// not read it, "" if they may.
func (s *State) judgeSelf(kind TextKind, u *User) (why string) {
	switch {
	case kind.asks(askTalk) && !s.mayTalk(u, nil), kind.asks(askShun) && u.shunned:
		return talkClosed
	case kind.asks(askBan):
		for _, m := range u.members {
			if s.mutedIn(m) {
				return "You are banned from " + m.channel.name
			}
		}
	}
	return ""
}

const talkClosed = "Only registered users can speak at the moment"

// mutedIn reports whether a ban or a mute keeps a member from speaking.
func (s *State) mutedIn(m *Member) bool {
	row := findChannelMode('b')
	a := attempt{state: s, doing: Speaking, user: m.user, channel: m.channel, member: m}
	return m.channel.isSet(row) && !a.exempt(row) && s.isBanned(m)
}
