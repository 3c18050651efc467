package state

import (
	"slices"
	"sort"
	"strings"
)

// apply gives a channel another name. The id, and with it members, ranks, modes, history and access, stays.
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
	old, oldFolded := c.name, s.policy.Casemapping.Fold(c.name)
	c.name = strings.Clone(op.New)
	folded := s.policy.Casemapping.Fold(c.name)
	if folded == oldFolded {
		s.emit(&Renamed{c, m.user, old, op.Reason, true})
		return nil
	}
	c.renamed = s.now
	delete(s.names, oldFolded)
	s.names[folded] = c
	s.dropRedirects(func(r *redirect) bool { return r.folded == folded })
	s.addRedirect(&redirect{oldFolded, old, c, s.now + s.policy.RenameRedirect})
	s.emit(&Renamed{c, m.user, old, op.Reason, false})
	return nil
}

func (s *State) judgeNewName(c *Channel, name string) *Refusal {
	refusal := &Refusal{Code: CannotRename, Channel: c.name, Param: name}
	folded := s.policy.Casemapping.Fold(name)
	switch {
	case !IsChannelName(name) || name[0] != c.name[0]:
		refusal.Why = "A channel's name starts with " + c.name[:1]
	case !ValidChannelName(name) || len(name) > s.policy.ChannelBytes:
		refusal.Why = "That is not a valid channel name"
	case name == c.name:
		refusal.Why = "The channel has that name already"
	case folded == s.policy.Casemapping.Fold(c.name):
		// Changing only the case is always allowed. https://ircv3.net/specs/extensions/channel-rename#messages
		return nil
	case s.names[folded] != nil:
		refusal.Code = ChannelNameInUse
	case s.oldNames[folded] != nil && s.oldNames[folded].channel != c:
		refusal.Code = ChannelNameInUse
		refusal.Why = "That name still leads to " + s.oldNames[folded].channel.name
	case c.renamed != 0 && s.now-c.renamed < s.policy.RenameCooldown:
		refusal.Why = "This channel has been renamed recently"
	default:
		return nil
	}
	return refusal
}

// addRedirect keeps the redirects in the order in which they end, and few for each channel.
func (s *State) addRedirect(r *redirect) {
	if s.policy.RenameRedirect <= 0 {
		return
	}
	var oldest *redirect
	held := 0
	for _, other := range s.redirects {
		if other.channel == r.channel {
			if oldest == nil {
				oldest = other
			}
			held++
		}
	}
	if held >= redirectsPerChannel {
		s.dropRedirects(func(other *redirect) bool { return other == oldest })
	}
	at := sort.Search(len(s.redirects), func(i int) bool { return s.redirects[i].until > r.until })
	s.redirects = slices.Insert(s.redirects, at, r)
	s.oldNames[r.folded] = r
}

func (s *State) dropRedirects(which func(*redirect) bool) {
	s.redirects = slices.DeleteFunc(s.redirects, func(r *redirect) bool {
		drop := which(r)
		if drop {
			delete(s.oldNames, r.folded)
		}
		return drop
	})
}

// apply ends what is due.
func (*Expire) apply(s *State, _ Stamp) *Refusal {
	s.dropRedirects(func(r *redirect) bool { return r.until <= s.now })
	return nil
}
