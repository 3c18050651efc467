package state

import (
	"net/netip"
	"slices"
	"strings"
)

// Masks are compared only with the hosts of a user that their setter has been able to see. Otherwise the setter of a
// mask could find out the host behind a cloak: every answer, rank, silence and successful join that depends on the mask
// would reveal it.

// sight defines which data of a user count in a comparison: no more than the setter of the mask may see.
type sight byte

const (
	// shownNow is the host that others see, and the address if it is that host or the host is its name.
	shownNow sight = iota
	// shownSince includes the host that others saw at registration, for masks set before an operator changed the host.
	shownSince
	// everything includes the host and the address behind a cloak, for masks set by IRC operators who may see them.
	everything
	sights = iota
)

// look is a user with one of their hosts.
type look struct {
	source string // folded
	addr   netip.Addr
	sight  sight // the lowest one for which it counts
}

// subject is a user in the form that masks are compared with.
type subject struct {
	// in is the channel whose list contains the mask.
	in   *Channel
	user *User
	// sight and viewer belong to the setter of the mask; viewer is nil when they have left.
	sight  sight
	viewer *User
	looks  []look // at first only that of shownNow; widen adds the others
	wide   bool
	// realname is the user's, folded for the first mask that needs it.
	realname string
}

// subject prepares a user for comparisons, at first only with the host that others see now.
func (s *State) subject(u *User, in *Channel) *subject {
	s.spend(subjectWork)
	who := &subject{in: in, user: u}
	who.looks = append(make([]look, 0, 1), look{s.policy.Casemapping.Fold(u.source), shownAddress(u, u.host), shownNow})
	return who
}

// widen adds the other looks. Few masks are compared with them.
func (s *State) widen(who *subject) {
	who.wide = true
	s.spend(subjectWork)
	u := who.user
	add := func(host string, addr netip.Addr, from sight) {
		who.looks = append(who.looks, look{s.policy.Casemapping.Fold(u.nick + "!" + u.username + "@" + host), addr, from})
	}
	if u.firstHost != u.host {
		add(u.firstHost, shownAddress(u, u.firstHost), shownSince)
	}
	addr, _ := netip.ParseAddr(u.address)
	addr = addr.WithZone("")
	if u.realHost != u.host && u.realHost != u.firstHost {
		add(u.realHost, addr, everything)
	}
	if u.address != "" && u.address != u.realHost {
		add(u.address, addr, everything)
	}
}

// shownAddress returns the address that other users can find out from a visible host. If the host is not a cloak, it is
// the user's address: it is the host itself, or DNS gives it.
func shownAddress(u *User, host string) netip.Addr {
	if host == u.realHost {
		host = u.address
	}
	addr, _ := netip.ParseAddr(host)
	return addr.WithZone("")
}

// by returns the subject as viewer sees the user.
func (who *subject) by(viewer *User) *subject {
	who.sight, who.viewer = shownNow, viewer
	if viewer.Can(PrivAuspex) {
		who.sight = everything
	}
	return who
}

// sight returns which data of a user an entry is compared with.
func (e *ListEntry) sight(u *User) sight {
	switch {
	case e.behind:
		return everything
	case e.order < u.unshown:
		return shownSince
	}
	return shownNow
}

// covers reports whether the mask matches the user, within the subject's sight.
func (s *State) covers(m *mask, who *subject) bool {
	if m.row == nil {
		if who.sight > shownNow && !who.wide {
			s.widen(who)
		}
		return slices.ContainsFunc(who.looks, func(l look) bool { return l.sight <= who.sight && s.isOf(m, &l) }) || s.namesHost(m, who)
	}
	var found bool
	if m.inner != nil {
		found = s.covers(m.inner, who)
	} else {
		found = m.row.match(s, who, m.arg)
	}
	return found != m.invert
}

// isOf compares a nick!user@host mask with a user with one of their hosts.
func (s *State) isOf(m *mask, l *look) bool {
	if m.prefix.IsValid() {
		return m.prefix.Contains(l.addr) && s.glob(m.glob, l.source)
	}
	return s.glob(m.glob, l.source)
}

// coveredBy reports whether an entry covers the user. Entries that only mute count if muting is set.
func (s *State) coveredBy(entries []ListEntry, who *subject, muting bool) bool {
	return s.anyCovers(entries, who, func(m *mask) bool { return muting || !m.mutes() })
}

// anyCovers reports whether an entry whose mask is wanted covers the user. Each entry is compared with what its setter
// could see.
func (s *State) anyCovers(entries []ListEntry, who *subject, wanted func(*mask) bool) bool {
	for i := range entries {
		if e := &entries[i]; wanted(e.test) && s.entryCovers(e, who) {
			return true
		}
	}
	return false
}

// entryCovers reports whether one entry covers the user.
func (s *State) entryCovers(e *ListEntry, who *subject) bool {
	who.sight, who.viewer = e.sight(who.user), s.byID[e.by]
	return s.covers(e.test, who)
}

// A cloak has parts that are unique to its user's host, such as the hash of the address. A mask with a whole cloak
// covers every user whose cloak shares one of these parts, so that it still matches when the address gets a different
// name. The parts are visible to everyone, so this reveals nothing.

// wholeHost returns the host of a folded nick!user@host mask if it has no wildcard, otherwise "".
func wholeHost(glob string) string {
	_, host, _ := strings.Cut(glob, "@")
	if strings.ContainsAny(host, "*?") {
		return ""
	}
	return host
}

// namesHost reports whether the mask has a whole cloak that shares one of these parts with the user's cloak.
func (s *State) namesHost(m *mask, who *subject) bool {
	u := who.user
	if m.host == "" || len(u.marks) == 0 || who.sight < shownSince && u.host != u.firstHost {
		return false
	}
	s.spend(1 + len(u.marks)*len(m.host)/matchBytes)
	return slices.ContainsFunc(u.marks, func(mark string) bool { return hasLabel(m.host, mark) }) && s.glob(m.before, who.looks[0].source)
}

// hasLabel reports whether one of the dot-separated parts of a host is label.
func hasLabel(host, label string) bool {
	for rest := host; rest != ""; {
		var part string
		if part, rest, _ = strings.Cut(rest, "."); part == label {
			return true
		}
	}
	return false
}
