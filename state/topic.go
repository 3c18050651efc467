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
	text := op.Text
	if !op.Override { // clearing a topic is judged as well: muted members must not do it
		s.attempt = attempt{state: s, doing: Speaking, user: m.user, channel: c, member: m, text: text}
		if spoken, refusal := s.tell(TopicText); !spoken {
			return refusal
		}
		if s.attempt.audience != NoRank { // +U limits messages to operators, but everyone reads a topic
			return s.attempt.refusal(findChannelMode('U'))
		}
		text = s.attempt.text
	}
	s.reveal(m)
	c.topic = Topic{Text: keep(text, s.policy.TopicBytes), Setter: m.user.source, Time: s.wall}
	s.emit(&TopicChanged{c, m.user})
	return nil
}
