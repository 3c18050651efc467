package state

// Line is one event of a conversation as history keeps it: a message, or a JOIN, MODE and the like. The state keeps no
// lines; storage does. A line never changes once it exists, and neither does anything that it points to.
type Line struct {
	// Position is the line's place among all lines. Its id is derived from that.
	Position
	// Verb is PRIVMSG, NOTICE or TAGMSG, or the command that shows the event.
	Verb string
	// Source is nick!user@host at that time, or the server's name. Account is the author's account at that time, "" for
	// none.
	Source, Account string
	// From is the author; the zero Party is the server.
	From Party
	// Target is the nick that a private message was sent to; "" in a channel, whose name may have changed since.
	Target string
	// Params are the parameters after the target, or all of them for a verb without a target. A message's last one is its
	// text.
	Params []string
	// Tags are the client-only tags.
	Tags []Tag
	// Parts is the text of a multiline message, whose Params are empty.
	Parts []TextPart
	// Bot: the author was marked as a bot (mode B).
	Bot bool
	// Redaction is the deletion of the message, nil if it has not been deleted. A deleted message has no Params, Tags
	// or Parts.
	Redaction *Redaction
	// Relayer is the nick of the user who relayed the message from a different network; usually "".
	Relayer string
}

// TextPart is one line of a multiline message.
// https://ircv3.net/specs/extensions/multiline
type TextPart struct {
	Text string
	// Concat: the text continues the previous part without a line break.
	Concat bool
}

// Redaction is the deletion of a message.
// https://ircv3.net/specs/extensions/message-redaction
type Redaction struct {
	// Time in nanoseconds.
	Time int64
	// Source is nick!user@host of the user who deleted it, and Account their account or "".
	Source, Account string
	Reason          string
	Bot             bool
}

// IsMessage reports whether the line is a message. Only clients that ask for events receive other lines.
// https://ircv3.net/specs/extensions/chathistory#chathistory-command
func (l *Line) IsMessage() bool { return l.Verb == "PRIVMSG" || l.Verb == "NOTICE" }

// Text returns the last parameter, "" when there is none.
func (l *Line) Text() string {
	if len(l.Params) == 0 {
		return ""
	}
	return l.Params[len(l.Params)-1]
}

// Redacted returns the line as history keeps it once the message has been deleted.
func (l Line) Redacted(by Redaction) Line {
	l.Params, l.Tags, l.Parts, l.Redaction = nil, nil, nil, &by
	return l
}
