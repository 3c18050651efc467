package state

import (
	"net/netip"
	"slices"
	"strings"
)

// Masks are compared with what others were shown of a user. Otherwise whoever sets a mask could ask out what is behind a
// cloak: every answer, rank, silence and open door that follows from the mask would tell.

// sight is how much of a user counts in a comparison: no more than whoever set the mask may see.
type sight byte

const (
	// shownNow is the host that others see, and the address if it is that host or the host is a name that leads to it.
	shownNow sight = iota
	// shownSince is also the host that others saw when the user came, for masks set before an operator gave the user a
	// different one.
	shownSince
	// everything is also the host and the address behind a cloak, for masks set by IRC operators who see these.
	everything
	sights = iota
)

// look is a user under one host.
type look struct {
	source string // folded
	addr   netip.Addr
	sight  sight // from which on it counts
}

// subject is a user as masks see them.
type subject struct {
	// in is the channel on whose list the mask stands.
	in   *Channel
	user *User
	// sight and viewer are those of whoever set the mask; viewer is nil when they are gone.
	sight  sight
	viewer *User
	looks  []look // without those that only a wider sight than shownNow needs, until widen
	wide   bool
}

// subject prepares a user for comparisons by what others see at present.
func (s *State) subject(u *User, in *Channel) *subject {
	s.spend(subjectWork)
	who := &subject{in: in, user: u}
	who.looks = append(make([]look, 0, 1), look{s.policy.Casemapping.Fold(u.source), shownAddress(u, u.host), shownNow})
	return who
}

// widen adds the other looks, which few masks are compared with.
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

// shownAddress returns the address that a host which others see tells them: of a host that is no cloak it is known to
// everybody, as it is that host, or DNS tells it.
func shownAddress(u *User, host string) netip.Addr {
	if host == u.realHost {
		host = u.address
	}
	addr, _ := netip.ParseAddr(host)
	return addr.WithZone("")
}

// by is the subject as somebody sees them.
func (who *subject) by(viewer *User) *subject {
	who.sight, who.viewer = shownNow, viewer
	if viewer.Can(PrivAuspex) {
		who.sight = everything
	}
	return who
}

// sight is how much of a user an entry of a list is compared with.
func (e *ListEntry) sight(u *User) sight {
	switch {
	case e.behind:
		return everything
	case e.order < u.unshown:
		return shownSince
	}
	return shownNow
}

// covers reports whether the mask is of this user, as far as the subject's sight goes.
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

// isOf compares a mask of nick!user@host with a user under one host.
func (s *State) isOf(m *mask, l *look) bool {
	if m.prefix.IsValid() {
		return m.prefix.Contains(l.addr) && s.glob(m.glob, l.source)
	}
	return s.glob(m.glob, l.source)
}

// coveredBy reports whether an entry covers the user: of those that keep people out only, or of those that mute as well.
func (s *State) coveredBy(entries []ListEntry, who *subject, muting bool) bool {
	return s.anyCovers(entries, who, func(m *mask) bool { return muting || !m.mutes() })
}

// anyCovers reports whether an entry covers the user, of those whose masks are wanted. Each is compared with what whoever
// set it could see.
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

// A cloak has parts that stand for its user's host alone, such as the hash of the address. A mask with a whole cloak covers
// whoever has one of these parts in theirs: a cloak that is different because the address has another name by now is still
// known. The parts are shown, so a mask tells nothing by them that is hidden.

// wholeHost is the host of a folded nick!user@host mask that names one host, not several; "" for others.
func wholeHost(glob string) string {
	_, host, _ := strings.Cut(glob, "@")
	if strings.ContainsAny(host, "*?") {
		return ""
	}
	return host
}

// namesHost reports whether the mask has a whole cloak that shares one of these parts with the user's.
func (s *State) namesHost(m *mask, who *subject) bool {
	u := who.user
	if m.host == "" || len(u.marks) == 0 || who.sight < shownSince && u.host != u.firstHost {
		return false
	}
	s.spend(1 + len(u.marks)*len(m.host)/matchBytes)
	return slices.ContainsFunc(u.marks, func(mark string) bool { return hasLabel(m.host, mark) }) && s.glob(m.before, who.looks[0].source)
}

// hasLabel reports whether a host has this part between its dots.
func hasLabel(host, label string) bool {
	for rest := host; rest != ""; {
		var part string
		if part, rest, _ = strings.Cut(rest, "."); part == label {
			return true
		}
	}
	return false
}
