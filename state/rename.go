package state

import (
	"slices"
	"strings"
)

// apply gives a channel a new name. Its id stays the same, and with it members, ranks, modes, history and access.
// https://ircv3.net/specs/extensions/channel-rename
func (op *Rename) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.place(st, op.Channel)
	if refusal != nil {
		return refusal
	}
	c := m.channel
	need := Founder
	if s.policy.Classic || !s.policy.hasRank(Founder) {
		need = Operator
	}
	if !m.ranks.AtLeast(need) {
		return needRank(c.name, need)
	}
	if refusal := s.judgeNewName(c, op.New); refusal != nil {
		return refusal
	}
	if s.isReserved(op.New, nil, m.user) {
		return &Refusal{Code: CannotRename, Channel: c.name, Param: op.New, Why: "That name is reserved"}
	}
	if RenameText.asks(askTalk) && !s.mayTalk(m.user, nil) {
		return &Refusal{Code: CannotRename, Channel: c.name, Param: op.New, Why: talkClosed}
	}
	reason := s.said(RenameText, m, op.Reason)
	old, oldFolded := c.name, s.policy.Casemapping.Fold(c.name)
	c.name = strings.Clone(op.New)
	folded := s.policy.Casemapping.Fold(c.name)
	if folded == oldFolded {
		s.emit(&Renamed{c, m.user, old, reason, true})
		return nil
	}
	c.renamed = s.now
	delete(s.names, oldFolded)
	s.names[folded] = c
	if r := s.oldNames[folded]; r != nil {
		s.dropRedirect(r) // it redirected here
	}
	s.addRedirect(&redirect{oldFolded, old, c, s.now + s.policy.RenameRedirect})
	s.emit(&Renamed{c, m.user, old, reason, false})
	s.renameForwards(oldFolded, c)
	return nil
}

func (s *State) judgeNewName(c *Channel, name string) *Refusal {
	refusal := &Refusal{Code: CannotRename, Channel: c.name, Param: name}
	folded := s.policy.Casemapping.Fold(name)
	switch {
	case !IsChannelName(name) || name[0] != c.name[0]:
		refusal.Why = "Channel names start with " + c.name[:1]
	case !ValidChannelName(name) || len(name) > s.policy.ChannelBytes:
		refusal.Why = "That is not a valid channel name"
	case name == c.name:
		refusal.Why = "The channel already has that name"
	case folded == s.policy.Casemapping.Fold(c.name):
		// Changing only the case is always allowed. https://ircv3.net/specs/extensions/channel-rename#messages
		return nil
	case s.names[folded] != nil:
		refusal.Code = ChannelNameInUse
	case s.oldNames[folded] != nil && s.oldNames[folded].channel != c:
		refusal.Code = ChannelNameInUse
		if s.oldNames[folded].channel.HasMode('s') {
			break // the same answer as for a channel of that name, which may be as secret
		}
		// The refusal does not say where it redirects to. Only users who can join that channel may know.
		refusal.Why = "That name still redirects to a different channel"
	case c.renamed != 0 && s.now-c.renamed < s.policy.RenameCooldown:
		refusal.Why = "This channel has been renamed recently"
	default:
		return nil
	}
	return refusal
}

// addRedirect makes an old name redirect to its channel for a while. Each channel has at most redirectsPerChannel.
func (s *State) addRedirect(r *redirect) {
	if s.policy.RenameRedirect <= 0 {
		return
	}
	c := r.channel
	if len(c.oldNames) >= redirectsPerChannel {
		s.dropRedirect(c.oldNames[0])
	}
	c.oldNames = append(c.oldNames, r)
	s.oldNames[r.folded] = r
	s.expect(r.due())
}

func (s *State) dropRedirect(r *redirect) {
	c := r.channel
	c.oldNames = slices.DeleteFunc(c.oldNames, func(other *redirect) bool { return other == r })
	delete(s.oldNames, r.folded)
	s.forget(r.due())
}

func (r *redirect) due() due {
	return due{at: r.until, kind: dueRedirect, channel: r.channel.id, text: r.folded}
}

func (s *State) endRedirect(d due) { s.dropRedirect(s.oldNames[d.text]) }
