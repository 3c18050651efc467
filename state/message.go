package state

// apply: https://modern.ircdocs.horse/#privmsg-message
func (op *Message) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	if refusal := s.judgeLines(op); refusal != nil {
		return refusal
	}
	e := &MessageSent{Stamp: st, Kind: op.Kind, From: session.user, AtLeast: op.AtLeast, Text: op.Text, Tags: op.Tags, Lines: op.Lines}
	if IsChannelName(op.Target) {
		c := s.ChannelFor(session.user, op.Target)
		if c == nil {
			return refuse(NoSuchChannel, op.Target)
		}
		s.attempt = attempt{
			state: s, doing: Speaking, user: e.From, channel: c, member: e.From.Member(c), kind: op.Kind, text: op.Text, lines: op.Lines, tags: op.Tags,
		}
		if spoken, refusal := s.tell(MessageText); !spoken {
			return refusal
		}
		e.Channel, e.Text, e.Lines, e.Tags, e.Audience = c, s.attempt.text, s.attempt.lines, s.attempt.tags, max(op.AtLeast, s.attempt.audience)
	} else if e.Target = s.User(op.Target); e.Target == nil {
		return refuseNick(NoSuchNick, "", op.Target)
	} else if MessageText.asks(askTalk) && !s.mayTalk(e.From, e.Target) {
		return refuseNick(TalkClosed, "", e.Target.nick)
	} else if unheard, held, refusal := s.toUser(e.From, e.Target, op); refusal != nil {
		return refusal
	} else if held {
		return nil
	} else {
		e.Unheard = unheard
	}
	if op.Kind != Tagmsg {
		e.From.active = s.now
	}
	s.emit(e)
	return nil
}

// speak lets the channel's modes judge the message in s.attempt. spoken is false when a mode refuses the message or,
// without a refusal, has acted on it.
func (s *State) speak() (spoken bool, refusal *Refusal) {
	if row := s.forbidden(&s.attempt); row != nil {
		return false, s.attempt.refusal(row)
	}
	if s.done(&s.attempt) {
		return false, nil
	}
	s.reveal(s.attempt.member)
	return true, nil
}
