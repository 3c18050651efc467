package state

import "strings"

// apply makes the user an IRC operator, or one of another class. An operation without a class is of the time before
// there were classes: it gives every privilege.
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

// titleBytes bounds an operator's line in WHOIS.
const titleBytes = 150

// setSnomask adds what a class gives, and takes everything away from who may not have server notices.
func (s *State) setSnomask(u *User, add string) []ModeChange {
	set := u.snomask
	if add != "" {
		set, _ = changeSnomask(set, add)
	}
	if !u.Can(PrivSnomask) {
		set = 0
	}
	return u.replaceSnomask(set)
}

// replaceSnomask puts a set of server notices in force and tells what has changed.
func (u *User) replaceSnomask(set letterSet) []ModeChange {
	if set == u.snomask {
		return nil
	}
	u.snomask = set
	u.modes.set('s', set != 0)
	if set == 0 {
		return []ModeChange{{Letter: 's'}}
	}
	return []ModeChange{{On: true, Letter: 's', Param: snomaskText(set)}}
}

// endOper takes the rank away with all that came with it, and tells which modes went.
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

// operHost gives an operator the host of his class, and "" the one back that he had before, unless it was changed since.
func (s *State) operHost(u *User, vhost string) {
	if vhost != "" && vhost == u.vhost {
		return // he has it, or another that he has been given since
	}
	was := u.host
	if u.vhost != "" && u.host == u.vhost {
		was = u.plainHost
	}
	u.vhost, u.plainHost = "", ""
	if vhost != "" && ValidHost(vhost) {
		u.vhost, u.plainHost = strings.Clone(vhost), was
		was = u.vhost
	}
	s.changeHost(u, u.username, was)
}

// changeHost shows a user under another user name and host.
func (s *State) changeHost(u *User, username, host string) {
	if u.username == username && u.host == host {
		return
	}
	old := u.source
	u.username, u.host = username, host
	u.refreshSource()
	s.emit(&HostChanged{u, old})
	s.judgeShun(u)
}

// apply tells every operator who wants to hear.
func (op *Announce) apply(s *State, _ Stamp) *Refusal {
	s.emit(&Announced{op.Mask, op.Text})
	return nil
}
