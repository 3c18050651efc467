package state

// apply: https://modern.ircdocs.horse/#topic-message
func (op *SetTopic) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.standing(st, op.Channel, op.Override, PrivSatopic)
	if refusal != nil {
		return refusal
	}
	c := m.channel
	a := attempt{state: s, doing: SettingTopic, user: m.user, channel: c, member: m, text: op.Text}
	if row := s.forbidden(&a); row != nil && !op.Override {
		return a.refusal(row)
	}
	s.reveal(m)
	c.topic = Topic{Text: keep(op.Text, s.policy.TopicBytes), Setter: m.user.source, Time: s.wall}
	s.emit(&TopicChanged{c, m.user})
	return nil
}
