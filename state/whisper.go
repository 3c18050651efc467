package state

import (
	"slices"
	"strings"
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

// CallerHeld: From has written to Target, who does not accept him; Told: Target learns of it now.
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

// heard asks the modes of the recipient; an IRC operator is heard by all. It is the row that does not let the message
// through, or nil.
func (w *whisper) heard() *userMode {
	if w.from == w.to || w.from.IsOper() || w.to.modes&hearing == 0 {
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

func hearsAccepted(w *whisper) bool { return slices.Contains(w.to.accepts, w.from) }

func hearsCommon(w *whisper) bool {
	for _, m := range w.from.members {
		if w.to.Member(m.channel) != nil {
			return true
		}
	}
	return false
}

func hearsRegistered(w *whisper) bool { return w.from.account != "" }

func hearsNoCTCP(w *whisper) bool { return !anyText(w.text, w.lines, IsRequest) }

// toUser judges a message to a user. unheard: it goes nowhere, and the sender is not told; held: he and the recipient
// have been told.
func (s *State) toUser(from, to *User, op *Message) (unheard, held bool, refusal *Refusal) {
	if len(to.silences) == 0 && to.modes&hearing == 0 && !from.HasMode('g') {
		return false, false, nil // nearly always
	}
	if from.IsOper() {
		return false, false, nil // who has to deal with somebody is heard
	}
	w := &whisper{s, from, to, op.Kind, op.Text, op.Lines}
	if w.from != w.to && s.silenced(w.to, w.from) {
		return true, false, nil
	}
	row := w.heard()
	switch {
	case row == nil:
		// Who writes to somebody wants an answer.
		if w.from.HasMode('g') && w.kind == Privmsg && w.from != w.to && len(w.from.accepts) < AcceptEntries {
			w.from.accept(w.to)
		}
		return false, false, nil
	case row.letter != 'g':
		return false, false, &Refusal{Code: UserModeForbids, Nick: w.to.nick, Mode: row.letter, Why: row.deny}
	case w.kind != Privmsg:
		return true, false, nil
	}
	told := w.to.callerTold == 0 || s.now-w.to.callerTold >= callerEvery
	if told {
		w.to.callerTold = s.now
	}
	s.emit(&CallerHeld{w.from, w.to, told})
	return false, true, nil
}

// silenced tells whether to has silenced from.
func (s *State) silenced(to, from *User) bool {
	if len(to.silences) == 0 || to == from {
		return false
	}
	who := s.subject(from, nil)
	return slices.ContainsFunc(to.silences, func(x silence) bool { return s.covers(x.test, who) })
}

func (op *ChangeAccept) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u, other := session.user, s.User(op.Nick)
	switch {
	case other == nil:
		return refuseNick(NoSuchNick, "", op.Nick)
	case !op.On:
		if !u.dropAccept(other) {
			return refuseNick(NotAccepted, "", other.nick)
		}
	case slices.Contains(u.accepts, other):
		return refuseNick(AlreadyAccepted, "", other.nick)
	case len(u.accepts) >= AcceptEntries:
		return &Refusal{Code: AcceptFull}
	default:
		u.accept(other)
	}
	return nil
}

// accept and dropAccept keep both ends, so that nobody is on a list who is gone.
func (u *User) accept(other *User) {
	if !slices.Contains(u.accepts, other) {
		u.accepts = append(u.accepts, other)
		other.acceptedBy = append(other.acceptedBy, u)
	}
}

func (u *User) dropAccept(other *User) bool {
	at := slices.Index(u.accepts, other)
	if at < 0 {
		return false
	}
	u.accepts = slices.Delete(u.accepts, at, at+1)
	by := slices.Index(other.acceptedBy, u)
	other.acceptedBy = slices.Delete(other.acceptedBy, by, by+1)
	return true
}

// dropAccepts is for a user who is gone.
func (u *User) dropAccepts() {
	for len(u.accepts) > 0 {
		u.dropAccept(u.accepts[0])
	}
	for len(u.acceptedBy) > 0 {
		u.acceptedBy[0].dropAccept(u)
	}
}

func (op *ChangeSilence) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	tidy, test, ok := s.policy.parseMask(op.Mask, extbanDepth)
	if !ok {
		return &Refusal{Code: BadMask, Param: op.Mask}
	}
	folded := s.policy.Casemapping.Fold(tidy)
	at := slices.IndexFunc(u.silences, func(x silence) bool { return x.folded == folded })
	switch {
	case (at >= 0) == op.On:
		return nil
	case !op.On:
		tidy = u.silences[at].mask
		u.silences = slices.Delete(u.silences, at, at+1)
	case len(u.silences) >= SilenceEntries:
		return &Refusal{Code: SilenceFull, Param: tidy}
	default:
		u.silences = append(u.silences, silence{strings.Clone(tidy), strings.Clone(folded), test})
	}
	s.emit(&SilenceChanged{u, tidy, op.On})
	return nil
}

// Accepts are those who may write to the user while he has mode g, in the order in which he accepted them.
func (u *User) Accepts() []*User { return u.accepts }

// Accepted tells whether the user's caller id lets somebody through.
func (u *User) Accepted(from *User) bool {
	return !u.HasMode('g') || u == from || slices.Contains(u.accepts, from)
}

// Silences are the masks of those whose messages do not reach the user.
func (u *User) Silences() []string {
	masks := make([]string, len(u.silences))
	for i := range u.silences {
		masks[i] = u.silences[i].mask
	}
	return masks
}

// Deaf tells whether the user hears nothing of what is said in channels.
func (u *User) Deaf() bool { return u.modes.has('D') }

// OperTo tells whether the user is an IRC operator and viewer may know it.
func (u *User) OperTo(viewer *User) bool {
	return u.IsOper() && (!u.HasMode('H') || viewer == u || viewer.IsOper())
}
