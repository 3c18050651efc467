package state

// ModeRequest is a parsed MODE line.
type ModeRequest struct {
	Changes []ModeChange
	// Queries are the list modes without a parameter, each once: they request their lists.
	Queries []byte
}

// ParseChannelModes parses a mode string and its arguments, and keeps unknown letters. It keeps at most most changes
// with a parameter (0: all), as MODES announces. A change without its parameter is dropped; a list mode without one is
// a query.
// https://modern.ircdocs.horse/#mode-message
func (p *Policy) ParseChannelModes(args []string, most int) ModeRequest {
	var r ModeRequest
	if len(args) == 0 {
		return r
	}
	on, params, variable := true, args[1:], 0
	for i := 0; i < len(args[0]); i++ {
		letter := args[0][i]
		if letter == '+' || letter == '-' {
			on = letter == '+'
			continue
		}
		kind, known := p.ModeKindOf(letter)
		change := ModeChange{On: on, Letter: letter}
		if !known {
			r.Changes = append(r.Changes, change) // SetModes refuses it
			continue
		}
		takes := kind != FlagMode && (on || kind != SetParam)
		if takes && len(params) > 0 {
			change.Param, params = params[0], params[1:]
		}
		switch {
		case takes && change.Param == "" && kind == ListMode:
			r.Queries = appendOnce(r.Queries, letter)
			continue
		case takes && change.Param == "" && (on || kind != AlwaysParam):
			continue
		case kind != FlagMode:
			variable++
			if most > 0 && variable > most {
				continue
			}
		}
		r.Changes = append(r.Changes, change)
	}
	return r
}

// ParseUserModes parses a mode string of user modes and its parameters.
func ParseUserModes(modes string, params ...string) []ModeChange {
	var changes []ModeChange
	on := true
	for i := 0; i < len(modes); i++ {
		switch letter := modes[i]; letter {
		case '+', '-':
			on = letter == '+'
		default:
			change := ModeChange{On: on, Letter: letter}
			if row := findUserMode(letter); row != nil && row.param && on && len(params) > 0 {
				change.Param, params = params[0], params[1:]
			}
			changes = append(changes, change)
		}
	}
	return changes
}

func appendOnce(list []byte, letter byte) []byte {
	for _, l := range list {
		if l == letter {
			return list
		}
	}
	return append(list, letter)
}

// FormatModes formats changes as a mode string and its parameters, with a sign only where it changes.
func FormatModes(changes []ModeChange) (modes string, params []string) {
	var out []byte
	for i, c := range changes {
		if i == 0 || changes[i-1].On != c.On {
			out = append(out, sign(c.On))
		}
		out = append(out, c.Letter)
		if c.Param != "" {
			params = append(params, c.Param)
		}
	}
	return string(out), params
}

func sign(on bool) byte {
	if on {
		return '+'
	}
	return '-'
}

// Modes returns the channel's modes as 324 shows them, without lists and ranks, in the table's order. Secret
// parameters are hidden unless inside.
func (c *Channel) Modes(inside bool) (modes string, params []string) {
	out := []byte{'+'}
	for i := range channelModeTable {
		m := &channelModeTable[i]
		if m.kind == ListMode || !c.flags.has(m.letter) {
			continue
		}
		out = append(out, m.letter)
		if m.kind == FlagMode {
			continue
		}
		value := c.Param(m.letter)
		if m.secret && !inside {
			value = "*"
		}
		params = append(params, value)
	}
	return string(out), params
}
