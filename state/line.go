package state

// Line is one event of a conversation as it is remembered: a message, or a JOIN, MODE and the like. The state remembers
// none itself: history is a storage's. A line is never changed once it is there, nor is what it points to.
type Line struct {
	// Where it stands among all lines; its id follows from that.
	Position
	// Verb is PRIVMSG, NOTICE or TAGMSG, or the command that shows another event.
	Verb string
	// Source is nick!user@host as it was then, or the server's name; Account is the author's account then, "" for none.
	Source, Account string
	// From is the author; the zero Party is the server.
	From Party
	// Target is the nick that a private message was sent to; "" in a channel, whose name may be another by now.
	Target string
	// Params are what follows the target, or what there is for a verb that has none. The last one of a message is its text.
	Params []string
	// Tags are the client-only tags.
	Tags []Tag
	// Parts is the text of a multiline message, whose Params are empty.
	Parts []TextPart
	// Bot: the author said that he is one.
	Bot bool
	// Redaction is who has taken the message back; such a line has no Params, Tags or Parts any more. Else nil.
	Redaction *Redaction
	// Relayer is the nick of who relayed the message from elsewhere; "" for most.
	Relayer string
}

// TextPart is one line of a multiline message.
// https://ircv3.net/specs/extensions/multiline
type TextPart struct {
	Text string
	// Concat: the text goes on from the part before, with no line break.
	Concat bool
}

// Redaction is the end of a message.
// https://ircv3.net/specs/extensions/message-redaction
type Redaction struct {
	// Time in nanoseconds.
	Time int64
	// Source is nick!user@host of who did it, Account his account or "".
	Source, Account string
	Reason          string
	Bot             bool
}

// IsMessage tells whether somebody speaks in the line. All else is what clients see only who ask for events.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func (l *Line) IsMessage() bool { return l.Verb == "PRIVMSG" || l.Verb == "NOTICE" }

// Text is the last parameter, "" when there is none.
func (l *Line) Text() string {
	if len(l.Params) == 0 {
		return ""
	}
	return l.Params[len(l.Params)-1]
}

// Redacted is the line as it is remembered once it has been taken back.
func (l Line) Redacted(by Redaction) Line {
	l.Params, l.Tags, l.Parts, l.Redaction = nil, nil, nil, &by
	return l
}
