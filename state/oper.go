package state

import "strings"

// apply makes the user an IRC operator, or changes their class. An operation without a class was encoded before
// classes existed, and gives every privilege.
func (op *MakeOper) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	already := u.IsOper()
	u.oper = strings.Clone(op.Name)
	u.class, u.title = strings.Clone(op.Class), keep(op.Title, titleBytes)
	u.privileges = PrivOper | privilegesOf(op.Privileges)
	if op.Class == "" {
		u.privileges |= allPrivileges()
	}
	var changes []ModeChange
	if !already {
		s.setUserMode(u, 'o', true)
		changes = append(changes, ModeChange{On: true, Letter: 'o'})
	}
	s.emit(&OperChanged{u})
	changes = append(changes, s.setSnomask(u, op.Snomasks)...)
	if len(changes) > 0 {
		s.emit(&UserModesChanged{u, changes})
	}
	s.operHost(u, op.Vhost)
	return nil
}

// titleBytes is the greatest length of an operator's line in WHOIS.
const titleBytes = 150

// endOper ends IRC operator status with everything that came with it, and returns the modes that were removed.
func (s *State) endOper(u *User) []ModeChange {
	s.setUserMode(u, 'o', false)
	changes := append([]ModeChange{{Letter: 'o'}}, u.replaceSnomask(0)...)
	if u.HasMode('H') {
		s.setUserMode(u, 'H', false)
		changes = append(changes, ModeChange{Letter: 'H'})
	}
	s.emit(&OperChanged{u})
	s.operHost(u, "")
	return changes
}
