package state

import (
	"slices"
	"strings"
)

func (op *ChangeSilence) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	tidy, test, ok := s.policy.parseMask(op.Mask, extbanDepth)
	switch {
	case !ok || op.On && test.guesses() && !u.Can(PrivAuspex):
		return &Refusal{Code: BadMask, Param: op.Mask}
	case op.On && test.whyNobody() != "":
		return &Refusal{Code: BadMask, Param: op.Mask, Why: test.whyNobody()}
	case op.On && test.work() > mostMaskWork:
		return &Refusal{Code: BadMask, Param: op.Mask, Why: "That mask takes too long to compare, use fewer wildcards"}
	}
	folded := s.policy.Casemapping.Fold(tidy)
	at := slices.IndexFunc(u.silences, func(x silence) bool { return x.folded == folded })
	switch {
	case (at >= 0) == op.On:
		return nil
	case !op.On:
		tidy = u.silences[at].mask
		u.silences = slices.Delete(u.silences, at, at+1)
	case len(u.silences) >= SilenceEntries, u.silenceWork()+test.work() > mostSilenceWork:
		return &Refusal{Code: SilenceFull, Param: tidy}
	default:
		u.silences = append(u.silences, silence{strings.Clone(tidy), strings.Clone(folded), test})
	}
	s.emit(&SilenceChanged{u, tidy, op.On})
	return nil
}

// silenceWork returns the most work that it takes to compare a sender with all masks of the SILENCE list.
func (u *User) silenceWork() int {
	n := 0
	for i := range u.silences {
		n += u.silences[i].test.work()
	}
	return n
}

// Silences returns the masks of the users whose messages the user ignores.
func (u *User) Silences() []string {
	masks := make([]string, len(u.silences))
	for i := range u.silences {
		masks[i] = u.silences[i].mask
	}
	return masks
}

// silenced reports whether a mask of the recipient (to) matches the sender (from). It uses only the hosts and
// memberships that the recipient may see, because the arrival of a message must not reveal more.
func (s *State) silenced(to, from *User) bool {
	if len(to.silences) == 0 || to == from {
		return false
	}
	who := s.subject(from, nil).by(to)
	return slices.ContainsFunc(to.silences, func(x silence) bool { return s.covers(x.test, who) })
}
