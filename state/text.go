package state

// The rules for every text that a user writes and others read, whatever the command. Each kind of text has a row in one
// table, with the questions that must be answered before others read it. Without these rules, a user who may not speak
// could speak through a reason, a topic or a name.

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

// question is a set of questions to answer before others read a text. Each is a bit.
type question byte

const (
	// askTalk: may the user talk at all, with the level of DEFCON in force?
	askTalk question = 1 << iota
	// askShun: is the user shunned? Most commands of shunned users are dropped before they are operations.
	askShun
	// askBan: is the user banned or muted in a channel that they are in?
	askBan
	// askModes: do the channel's modes allow it as they would a message? These are bans and mutes, moderation, colours,
	// CTCP, the filter of the channel, slow mode and floods.
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

// textTable holds every kind of text. A comment gives the reason why a question is not asked. No questions are asked
// about IRC operators who act by a privilege (see standing): they must be able to act, and are responsible for their
// words.
var textTable = [textKinds]textRow{
	// A ban in one channel does not apply to other channels or to private messages, so askBan is not asked: askModes
	// includes the bans of the channel itself. The messages of shunned users are dropped before they are operations.
	MessageText: {"message", askTalk | askModes | askRecipient | askFilter},
	// The values of client-only tags have the same recipients as their message. Keys of tags are not judged, because
	// clients do not show them.
	TagText: {"tag", askTalk | askModes | askRecipient | askFilter},
	// The name of a character, or of a user on a different network, is shown before a message.
	CharacterText: {"character's name", askTalk | askModes | askFilter},
	TopicText:     {"topic", askTalk | askModes | askFilter},
	// LEAVE, PART and CYCLE.
	LeavingText: {"reason for leaving", askTalk | askShun | askModes | askFilter},
	QuitText:    {"reason for quitting", askTalk | askShun | askModes | askFilter},
	KickText:    {"reason for a kick", askTalk | askModes | askFilter},
	BanText:     {"reason for a ban", askTalk | askModes | askFilter},
	RenameText:  {"reason for a rename", askTalk | askModes | askFilter},
	// The name of a new channel. askTalk is not asked, because DEFCON has a separate measure for new channels; for a
	// RENAME it is asked by its RenameText.
	ChannelText: {"channel name", askFilter},
	// For a reason that is sent to one user, the same questions are asked as for a message to that user.
	RedactionText: {"reason for a redaction", askTalk | askModes | askRecipient | askFilter},
	// The name of an existing channel was judged when it was new. Modes are not asked: the right to invite depends on
	// rank.
	InvitationText: {"invitation", askTalk | askRecipient},
	// These texts describe a user, and are not shown in one particular channel. Moderation, colours, slow mode and
	// flood limits are rules for one channel, so askModes is not asked: otherwise one moderated channel would forbid an
	// away message anywhere.
	AwayText:     {"away message", askTalk | askShun | askBan | askFilter},
	NickText:     {"nick", askTalk | askBan | askFilter},
	RealnameText: {"real name", askTalk | askBan | askFilter},
	MetadataText: {"metadata", askTalk | askShun | askBan | askFilter},
	// The operators of a channel set its metadata.
	ChannelMetadataText: {"metadata", askTalk | askFilter},
	// A user name is set at registration, before the user is in a channel; only IRC operators can change it later.
	// askTalk is not asked, because at registration the level of DEFCON either allows the connection or refuses it.
	UsernameText: {"user name", askFilter},
}

func (k TextKind) asks(q question) bool { return textTable[k].asks&q != 0 }

// String returns the name of the kind of text, such as "away message".
func (k TextKind) String() string { return textTable[k].name }

// tell lets the level of DEFCON and the modes of the channel judge the text in s.attempt, which a user wants to say
// there. spoken is false when they refuse it or, without a refusal, when a mode has acted on it.
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

// said returns the text that a channel is shown for an accompanying text such as a reason: "" if the member may not say
// it there, otherwise the text as the channel's modes change it. It does not count as a message.
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

// judgeSelf judges a text that describes a user and is shown wherever they are. It returns the reason why others must
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
