package state

// apply: https://modern.ircdocs.horse/#part-message
func (op *Part) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.place(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	reason := s.lastWords(m, op.Reason)
	s.removeMember(m)
	s.emit(&Parted{m.channel, m.user, reason, m})
	s.settle(m.channel)
	return nil
}

// lastWords returns the reason that a channel is shown when a member leaves: nothing if the member may not speak there,
// otherwise the text as the channel's modes change it. Without this, muted members could speak by leaving.
func (s *State) lastWords(m *Member, text string) string {
	if text == "" || m.user.shunned {
		return ""
	}
	a := attempt{state: s, doing: Speaking, user: m.user, channel: m.channel, member: m, text: text}
	if s.forbidden(&a) != nil || a.audience != NoRank {
		return ""
	}
	return a.text
}
