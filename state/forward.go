package state

import (
	"slices"
	"strings"
)

// Forwards (+f, +L) send users who cannot join a channel to a different one.

func checkForward(p *Policy, param string) (tidy, why string, ok bool) {
	if !ValidChannelName(param) || len(param) > p.ChannelBytes {
		return "", "That is not a valid channel name", false
	}
	return param, "", true
}

// allowForward refuses a forward unless the member is an operator in the target channel too. Otherwise one channel
// could be used to flood a different one.
func allowForward(s *State, by *Member, name string) (why string) {
	to := s.Channel(name)
	if to == nil || !s.ChannelVisible(by.user, to) {
		return "No such channel"
	}
	if to == by.channel {
		return "A channel cannot be forwarded to itself"
	}
	if there := by.user.Member(to); there == nil || !there.ranks.AtLeast(Operator) {
		return "You must be an operator in that channel too"
	}
	if s.forwardsTo(to) >= forwardsPerChannel {
		return "Too many channels forward there"
	}
	return ""
}

// forwardsPerChannel bounds how many forwards lead to one channel: the members of all those channels are told when it
// is renamed.
const forwardsPerChannel = 50

// forwardsTo returns how many forwards lead to a channel.
func (s *State) forwardsTo(to *Channel) int {
	n, folded := 0, s.policy.Casemapping.Fold(to.name)
	s.spend(len(s.channels) * walkWork)
	for _, c := range s.channels {
		for i := range c.params {
			if s.leadsTo(&c.params[i], folded) {
				n++
			}
		}
	}
	return n
}

// leadsTo reports whether a parameter forwards to the channel with this folded name.
func (s *State) leadsTo(p *modeParam, folded string) bool {
	return (p.letter == 'f' || p.letter == 'L') && s.policy.Casemapping.Fold(p.value) == folded
}

// forward returns the channel that a user who cannot join is sent to, or nil. Only one forward is followed: a user who
// cannot join the second channel either is told why they cannot join the first.
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

// renameForwards updates the forwards to a channel that has been renamed. Those to a secret channel end, because users
// who knew the old name must not learn the new one.
func (s *State) renameForwards(oldFolded string, to *Channel) {
	s.spend(len(s.channels) * walkWork)
	for _, c := range s.channels {
		var changes []ModeChange
		for _, p := range slices.Clone(c.params) {
			if !s.leadsTo(&p, oldFolded) {
				continue
			}
			change := ModeChange{On: !to.HasMode('s'), Letter: p.letter}
			if change.On {
				change.Param = to.name
			}
			c.setParam(p.letter, strings.Clone(change.Param), change.On)
			changes = append(changes, change)
		}
		if len(changes) > 0 {
			s.emit(&ModesChanged{Channel: c, Changes: changes})
		}
	}
}
