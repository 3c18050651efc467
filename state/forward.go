package state

import "strings"

// Forwards (+f, +L) take whoever is kept out to another channel.

func checkForward(p *Policy, param string) (tidy, why string, ok bool) {
	if !ValidChannelName(param) || len(param) > p.ChannelBytes {
		return "", "That is not a valid channel name", false
	}
	return param, "", true
}

// allowForward: who sends people somewhere must be an operator there too, or a channel could be flooded by another one.
func allowForward(s *State, by *Member, name string) (why string) {
	to := s.Channel(name)
	if to == nil {
		return "No such channel"
	}
	if to == by.channel {
		return "A channel cannot be forwarded to itself"
	}
	if there := by.user.Member(to); there == nil || !there.ranks.AtLeast(Operator) {
		return "You must be an operator in that channel too"
	}
	return ""
}

// forward is where a user goes who may not enter a channel, or nil. It is one step: a forward from there is not
// followed, and who may not enter there either is told why he may not enter the first.
func (s *State) forward(u *User, from *Channel, refusal *Refusal) *Channel {
	name := from.Param('f')
	if refusal.Mode == 'l' && from.HasMode('L') {
		name = from.Param('L')
	}
	to := s.Channel(name)
	if to == nil || u.Member(to) != nil || s.isReserved(to.name, to, u) {
		return nil
	}
	if (&attempt{state: s, doing: Joining, user: u, channel: to}).mayEnter() != nil {
		return nil
	}
	return to
}

// renameForwards lets forwards follow a channel that has another name now: what leads to it is the channel, not the name.
func (s *State) renameForwards(oldFolded string, to *Channel) {
	for _, c := range s.channels {
		var changes []ModeChange
		for i := range c.params {
			p := &c.params[i]
			if (p.letter == 'f' || p.letter == 'L') && s.policy.Casemapping.Fold(p.value) == oldFolded {
				p.value = strings.Clone(to.name)
				changes = append(changes, ModeChange{On: true, Letter: p.letter, Param: p.value})
			}
		}
		if len(changes) > 0 {
			s.emit(&ModesChanged{Channel: c, Changes: changes})
		}
	}
}
