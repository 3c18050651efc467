package state

func (op *SetUserModes) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	var done []ModeChange
	unknown := false
	for _, c := range op.Changes {
		row := findUserMode(c.Letter)
		switch {
		case row == nil:
			unknown = true
		case row.change != nil:
			change, refusal := row.change(u, c)
			done = append(done, change...)
			if refusal != nil {
				s.decline(*refusal)
			}
		case u.HasMode(c.Letter) == c.On, c.On && !row.set, !c.On && !row.unset:
		case c.On && row.oper && !u.IsOper():
			s.decline(Refusal{Code: NotOper})
		case c.Letter == 'o':
			done = append(done, s.endOper(u)...)
		default:
			s.setUserMode(u, c.Letter, c.On)
			done = append(done, ModeChange{On: c.On, Letter: c.Letter})
		}
	}
	if done = netChanges(done); len(done) > 0 {
		s.emit(&UserModesChanged{u, done})
	}
	if unknown {
		s.decline(Refusal{Code: UnknownUserMode, Nick: u.nick})
	}
	return nil
}

func (s *State) setUserMode(u *User, letter byte, on bool) {
	if u.HasMode(letter) == on {
		return
	}
	step := 1
	if !on {
		step = -1
	}
	switch letter {
	case 'i':
		s.invisible += step
	case 'o':
		s.changeOperators(u, on)
		if !on {
			u.oper, u.class, u.title, u.privileges = "", "", "", 0
		}
	}
	u.modes.set(letter, on)
}
