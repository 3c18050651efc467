package state

import (
	"slices"
)

// Messages to users, and the ways in which users refuse them: user modes, the ACCEPT list (+g) and the SILENCE list.

// The operations on the two lists.
type (
	// ChangeAccept adds a user to the ACCEPT list, or removes them. Users on the list may message its owner under mode
	// g.
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

// callerEvery is the shortest time between two notices about messages that were held back, in nanoseconds.
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

// heard returns the first mode of the recipient that refuses the message, or nil. The users on the recipient's ACCEPT
// list are always heard.
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

// hearsNobody refuses every sender; heard has already allowed the users on the ACCEPT list.
func hearsNobody(*whisper) bool { return false }

// hearsCommon reports whether both share a channel. A channel counts only if the sender may know that the recipient is
// in it.
func hearsCommon(w *whisper) bool {
	for _, m := range w.from.members {
		if m.finds(w.to) != nil {
			return true
		}
	}
	return false
}

func hearsRegistered(w *whisper) bool { return w.from.account != nil }

func hearsNoCTCP(w *whisper) bool { return !anyText(w.text, w.lines, IsRequest) }

// toUser judges a message to a user. unheard: the message is not delivered, and the sender is not told. held: the
// message is not delivered, and the sender has been told. The answer to the sender does not depend on SILENCE lists.
func (s *State) toUser(from, to *User, op *Message) (unheard, held bool, refusal *Refusal) {
	if len(to.silences) == 0 && to.modes&hearing == 0 && from.modes&hearing == 0 {
		return false, false, nil // nearly always
	}
	if from.OperTo(to) {
		return false, false, nil // IRC operators are always heard, unless they hide that they are operators
	}
	w := &whisper{s, from, to, op.Kind, op.Text, op.Lines}
	silenced := s.silenced(to, from)
	row := w.heard()
	switch {
	case row == nil:
		// The recipient must be able to answer.
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

// Deaf reports whether the user receives no channel messages (mode D).
func (u *User) Deaf() bool { return u.modes.has('D') }

// OperTo reports whether the user is an IRC operator and viewer may know it.
func (u *User) OperTo(viewer *User) bool {
	return u.IsOper() && (!u.HasMode('H') || viewer == u || viewer.IsOper())
}
