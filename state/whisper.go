package state

import (
	"slices"
)

// What a user lets others send him: his modes, whom he accepts (+g), whom he has silenced.

// The operations by which a user decides who may write to him.
type (
	// ChangeAccept puts somebody on the list of those who may write to the user while he has mode g, or takes him off.
	ChangeAccept struct {
		Nick string
		On   bool
	}
	// ChangeSilence adds or removes a mask of users whose messages and invitations do not reach the user.
	ChangeSilence struct {
		Mask string
		On   bool
	}
)

func (*ChangeAccept) kind() byte  { return 30 }
func (*ChangeSilence) kind() byte { return 31 }

// The bounds of the two lists.
const (
	AcceptEntries  = 32
	SilenceEntries = 32
)

// SilenceChanged: the user's own sessions learn of it.
type SilenceChanged struct {
	User *User
	Mask string
	On   bool
}

// CallerHeld: From has written to Target, who does not accept them; Told: Target learns of it now.
type CallerHeld struct {
	From, Target *User
	Told         bool
}

func (*SilenceChanged) event() {}
func (*CallerHeld) event()     {}

// callerEvery is how often a user is told that somebody whom he does not accept has written, in nanoseconds.
const callerEvery = 60 * second

// silence is one mask of a SILENCE list.
type silence struct {
	mask, folded string
	test         *mask
}

// whisper is a message on its way to a user.
type whisper struct {
	state    *State
	from, to *User
	kind     MessageKind
	text     string
	lines    []TextPart
}

// heard returns the first mode of the recipient that refuses the message, or nil. The users on the recipient's ACCEPT list are
// always heard.
func (w *whisper) heard() *userMode {
	if w.from == w.to || w.to.modes&hearing == 0 || slices.Contains(w.to.accepts, w.from) {
		return nil
	}
	for i := range userModeTable {
		row := &userModeTable[i]
		if row.hears != nil && w.to.modes.has(row.letter) && !row.hears(w) {
			return row
		}
	}
	return nil
}

// hearing are the letters of the modes that judge messages.
var hearing letterSet

func init() {
	for i := range userModeTable {
		if userModeTable[i].hears != nil {
			hearing.set(userModeTable[i].letter, true)
		}
	}
}

// hearsNobody: only the users on the ACCEPT list are heard.
func hearsNobody(*whisper) bool { return false }

// hearsCommon: a channel that the sender cannot know to be a common one is none.
func hearsCommon(w *whisper) bool {
	for _, m := range w.from.members {
		if m.finds(w.to) != nil {
			return true
		}
	}
	return false
}

func hearsRegistered(w *whisper) bool { return w.from.account != "" }

func hearsNoCTCP(w *whisper) bool { return !anyText(w.text, w.lines, IsRequest) }

// toUser judges a message to a user. unheard: it goes nowhere, and the sender is not told. held: it goes nowhere, and the
// sender has been told so. What the sender is told does not depend on who has silenced whom.
func (s *State) toUser(from, to *User, op *Message) (unheard, held bool, refusal *Refusal) {
	if len(to.silences) == 0 && to.modes&hearing == 0 && from.modes&hearing == 0 {
		return false, false, nil // nearly always
	}
	if from.OperTo(to) {
		return false, false, nil // IRC operators are always heard, unless they hide what they are
	}
	w := &whisper{s, from, to, op.Kind, op.Text, op.Lines}
	silenced := s.silenced(to, from)
	row := w.heard()
	switch {
	case row == nil:
		// The sender of a message wants to be able to get an answer.
		if from.modes&hearing != 0 && w.kind == Privmsg && from != to && len(from.accepts) < AcceptEntries {
			from.accept(to)
		}
		return silenced, false, nil
	case row.letter != 'g':
		return false, false, &Refusal{Code: UserModeForbids, Nick: to.nick, Mode: row.letter, Why: row.deny}
	case w.kind != Privmsg:
		return true, false, nil
	}
	told := !silenced && (to.callerTold == 0 || s.now-to.callerTold >= callerEvery)
	if told {
		to.callerTold = s.now
	}
	s.emit(&CallerHeld{from, to, told})
	return false, true, nil
}

// Deaf tells whether the user hears nothing of what is said in channels.
func (u *User) Deaf() bool { return u.modes.has('D') }

// OperTo tells whether the user is an IRC operator and viewer may know it.
func (u *User) OperTo(viewer *User) bool {
	return u.IsOper() && (!u.HasMode('H') || viewer == u || viewer.IsOper())
}
