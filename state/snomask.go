package state

// snomaskRow is one row of the table of server notice masks.
type snomaskRow struct {
	letter byte
	// usual: +s without a mask sets it.
	usual bool
	help  string
}

// snomaskTable holds every kind of server notice. MODE +s and the documents use it.
var snomaskTable = []snomaskRow{
	{'a', true, "Actions of IRC operators that have no letter of their own."},
	{'c', false, "Connecting clients."},
	{'f', true, "Matches of the content filter."},
	{'g', true, "Messages sent with GLOBOPS."},
	{'k', true, "Kills."},
	{'n', false, "Nick changes."},
	{'o', true, "Users who become IRC operators, fail to, or give up that status."},
	{'q', false, "Disconnecting clients."},
	{'t', false, "Users who request STATS."},
	{'v', true, "IRC operators who act for users or override ranks: SAJOIN, SAMODE and similar commands."},
	{'x', true, "Server bans."},
}

// Snomasks lists the letters of server notices in the table's order, with their help.
func Snomasks() []ModeInfo {
	list := make([]ModeInfo, len(snomaskTable))
	for i, row := range snomaskTable {
		list[i] = ModeInfo{Letter: row.letter, Help: row.help}
	}
	return list
}

// changeSnomask applies a mask such as "+ck-q", "ck" or "*" to a set; "" adds the usual letters. It skips unknown
// letters and returns the first of them.
func changeSnomask(set letterSet, mask string) (changed letterSet, unknown byte) {
	on := true
	if mask == "" {
		for _, row := range snomaskTable {
			if row.usual {
				set.set(row.letter, true)
			}
		}
	}
	for i := 0; i < len(mask); i++ {
		found := mask[i] == '+' || mask[i] == '-'
		if found {
			on = mask[i] == '+'
		}
		for _, row := range snomaskTable {
			if mask[i] == row.letter || mask[i] == '*' {
				set.set(row.letter, on)
				found = true
			}
		}
		if !found && unknown == 0 {
			unknown = mask[i]
		}
	}
	return set, unknown
}

// snomaskText formats the mask for 008 and MODE.
func snomaskText(set letterSet) string { return "+" + set.String() }

// setSnomask adds the letters that a class gives, or removes all from a user who may not receive server notices.
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

// replaceSnomask changes the set of server notices and returns the resulting mode changes.
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

// apply emits the notice, which the renderer sends to the operators who want it.
func (op *Announce) apply(s *State, _ Stamp) *Refusal {
	s.emit(&Announced{op.Mask, op.Text})
	return nil
}

// changeServerNotices changes user mode s. -s removes all letters and ignores its parameter.
func changeServerNotices(u *User, c ModeChange) ([]ModeChange, *Refusal) {
	if !c.On {
		return u.replaceSnomask(0), nil
	}
	if refusal := u.lacks(PrivSnomask); refusal != nil {
		return nil, refusal
	}
	set, unknown := changeSnomask(u.snomask, c.Param)
	var refusal *Refusal
	if unknown != 0 {
		refusal = &Refusal{Code: UnknownSnomask, Mode: unknown}
	}
	return u.replaceSnomask(set), refusal
}
