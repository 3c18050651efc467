package state

import (
	"slices"
	"sort"
)

// Channel is a channel. It exists while it has members or mode P.
type Channel struct {
	id      ChannelID
	name    string
	created int64
	renamed int64 // when it was last renamed, by the state's clock; 0: never
	topic   Topic
	flags   letterSet
	params  []modeParam // by letter
	lists   []modeList  // by letter
	members []*Member   // in the order of joining
	// unseen is the number of hidden members, and ranked the number of members with a rank from half-operator up.
	unseen, ranked int
	invited        []*User // the users with an invitation, in the order of inviting
	// oldNames are the names that still redirect here, the oldest first.
	oldNames []*redirect
	// sequence numbers joins and grants, so that "the longest-standing" never depends on a clock.
	sequence uint64
	// listVersion grows with each change of a list; see Member.banned.
	listVersion uint32
	// live is the number of list entries whose masks depend on other channels.
	live int
	// knocked is when a user last asked for an invitation, 0: never.
	knocked  int64
	metadata Metadata
	// opened is where mode x was last unset; the zero Position: never.
	opened Position
	// memory holds the numbers that modes remember about the channel.
	memory memory
}

// Topic is a channel's topic; Text is "" when there is none.
type Topic struct {
	Text string
	// Setter is nick!user@host.
	Setter string
	// Time in nanoseconds.
	Time int64
}

// ListEntry is one entry of a list mode.
type ListEntry struct {
	Mask string
	// Setter is nick!user@host.
	Setter string
	// Time of day in nanoseconds.
	Time int64
	// Until is when the entry ends by itself, by the state's clock; 0: never.
	Until int64
	// Reason is the one that the setter gave, or "".
	Reason string

	folded string
	test   *mask
	// order is the order of the operation that set the entry. by is the user who set it, 0 for the server. behind: the
	// setter is an IRC operator who sees the hosts behind cloaks.
	order  uint64
	by     UserID
	behind bool
}

// Order is the place of the operation that set the entry, among all operations. One operation can set several entries.
func (e *ListEntry) Order() uint64 { return e.order }

type modeParam struct {
	letter byte
	value  string
	parsed any // the result of the row's parse, nil without one
}

type modeList struct {
	letter  byte
	entries []ListEntry // in the order of setting
}

// Member is a user's membership of a channel.
type Member struct {
	user    *User
	channel *Channel
	ranks   Rank
	joined  uint64 // place in the channel's sequence
	granted uint64 // place in the sequence when the highest rank was given
	hidden  bool   // has not spoken since joining with +D

	// since is where the member joined.
	since Position
	// memory holds the numbers that modes remember about the member.
	memory memory

	// banned and excepted are set when a ban or an exception covers the member. Masks that depend on other channels do
	// not count. Both are valid only for these versions of the lists and the user.
	banned       bool
	excepted     bool
	bannedList   uint32
	bannedUser   uint32
	bannedJudged bool
}

// ID is the channel's identity. Unlike the name, it never changes.
func (c *Channel) ID() ChannelID { return c.id }

// Name is the channel's current name.
func (c *Channel) Name() string { return c.name }

// Created is when the channel was created, by the time of day.
func (c *Channel) Created() int64 { return c.created }

// Topic is the channel's topic.
func (c *Channel) Topic() Topic { return c.topic }

// Members returns the members, in the order of joining.
func (c *Channel) Members() []*Member { return c.members }

// MembersFrom returns the members from a place in the order of joining on; see Member.Joined.
func (c *Channel) MembersFrom(joined uint64) []*Member {
	return c.members[sort.Search(len(c.members), func(i int) bool { return c.members[i].joined >= joined }):]
}

// HasMode reports whether a flag or a mode with a parameter is set.
func (c *Channel) HasMode(letter byte) bool { return c.flags.has(letter) }

// Param returns the parameter of a mode, "" when it is not set.
func (c *Channel) Param(letter byte) string { return paramOf(c.params, letter) }

// List returns the entries of a list mode, in the order in which they were set.
func (c *Channel) List(letter byte) []ListEntry {
	for i := range c.lists {
		if c.lists[i].letter == letter {
			return c.lists[i].entries
		}
	}
	return nil
}

// HasEntry reports whether a list has an entry with this mask, in any spelling.
func (s *State) HasEntry(c *Channel, letter byte, mask string) bool {
	tidy, _, ok := s.policy.parseMask(mask, extbanDepth)
	return ok && c.findEntry(letter, s.policy.Casemapping.Fold(tidy)) >= 0
}

// mostCoverWork bounds the search of EntryCovers.
const mostCoverWork = 50_000

// EntryCovers returns the entry with this mask, or nil, and the members that it covers, as far as the viewer sees them.
// all reports whether every member was checked: in a very large channel the search stops early.
func (s *State) EntryCovers(viewer *Member, letter byte, mask string) (e *ListEntry, covered []*Member, all bool) {
	c := viewer.channel
	tidy, _, _ := s.policy.parseMask(mask, extbanDepth)
	at := c.findEntry(letter, s.policy.Casemapping.Fold(tidy))
	if at < 0 {
		return nil, nil, true
	}
	e = &c.List(letter)[at]
	start := s.work
	for _, m := range c.members {
		if s.spend(walkWork); s.work-start > mostCoverWork {
			return e, covered, false
		}
		if viewer.Sees(m) && s.covers(e.test, s.subject(m.user, c).by(viewer.user)) {
			covered = append(covered, m)
		}
	}
	return e, covered, true
}

// User is the member's user.
func (m *Member) User() *User { return m.user }

// Channel is the member's channel.
func (m *Member) Channel() *Channel { return m.channel }

// Joined is the member's place in the order of joining. Later members have greater ones.
func (m *Member) Joined() uint64 { return m.joined }

// Ranks is the set of all ranks that the member holds.
func (m *Member) Ranks() Rank { return m.ranks }

func (c *Channel) next() uint64 {
	c.sequence++
	return c.sequence
}

func (c *Channel) setParam(letter byte, value string, on bool) {
	c.flags.set(letter, on)
	for i := range c.params {
		if c.params[i].letter == letter {
			if on {
				c.params[i] = newParam(letter, value)
			} else {
				c.params = slices.Delete(c.params, i, i+1)
			}
			return
		}
	}
	if on {
		at := sort.Search(len(c.params), func(i int) bool { return c.params[i].letter > letter })
		c.params = slices.Insert(c.params, at, newParam(letter, value))
	}
}

func newParam(letter byte, value string) modeParam {
	p := modeParam{letter: letter, value: value}
	if row := findChannelMode(letter); row != nil && row.parse != nil {
		p.parsed = row.parse(value)
	}
	return p
}

// parsed returns the result of the row's parse for the parameter of a mode that is set.
func (c *Channel) parsed(letter byte) any {
	for i := range c.params {
		if c.params[i].letter == letter {
			return c.params[i].parsed
		}
	}
	return nil
}

func (c *Channel) listEntries() int {
	n := 0
	for i := range c.lists {
		n += len(c.lists[i].entries)
	}
	return n
}

// bytes returns the length of an entry's texts.
func (e *ListEntry) bytes() int { return len(e.Mask) + len(e.Setter) + len(e.Reason) }

// listBytes returns the length of the texts of all list entries.
func (c *Channel) listBytes() int {
	n := 0
	for i := range c.lists {
		for j := range c.lists[i].entries {
			n += c.lists[i].entries[j].bytes()
		}
	}
	return n
}

// hasBytesFor reports whether the lists may grow by this number of bytes.
func (s *State) hasBytesFor(c *Channel, more int) bool {
	return more <= 0 || s.policy.ListBytes <= 0 || c.listBytes()+more <= s.policy.ListBytes
}

func (c *Channel) findEntry(letter byte, folded string) int {
	for i, e := range c.List(letter) {
		if e.folded == folded {
			return i
		}
	}
	return -1
}

// setEntry inserts an entry into a list at an index, or removes the one there.
func (c *Channel) setEntry(letter byte, at int, e ListEntry, on bool) {
	c.listVersion++
	list := sort.Search(len(c.lists), func(i int) bool { return c.lists[i].letter >= letter })
	if list == len(c.lists) || c.lists[list].letter != letter {
		c.lists = slices.Insert(c.lists, list, modeList{letter: letter})
	}
	entries := &c.lists[list].entries
	if on {
		c.countLive(e.test, 1)
		*entries = slices.Insert(*entries, at, e)
		return
	}
	c.countLive(e.test, -1)
	*entries = slices.Delete(*entries, at, at+1)
	if len(*entries) == 0 {
		c.lists = slices.Delete(c.lists, list, list+1)
	}
}

// countLive updates the number of live masks when an entry is added or removed.
func (c *Channel) countLive(test *mask, step int) {
	if test.live() {
		c.live += step
	}
}

func (c *Channel) removeMember(m *Member) {
	at := sort.Search(len(c.members), func(i int) bool { return c.members[i].joined >= m.joined })
	c.members = slices.Delete(c.members, at, at+1)
	c.count(m, -1)
	if m.ranks.AtLeast(Operator) {
		m.endInvites()
	}
}

// count updates the numbers of hidden and ranked members when a member is added or removed.
func (c *Channel) count(m *Member, step int) {
	if m.hidden {
		c.unseen += step
	}
	if m.ranks.AtLeast(HalfOperator) {
		c.ranked += step
	}
}

// founder returns the channel's founder, or nil.
func (c *Channel) founder() *Member {
	for _, m := range c.members {
		if m.ranks&Founder != 0 {
			return m
		}
	}
	return nil
}

// setRank gives or takes one rank.
func (m *Member) setRank(r Rank, on bool) {
	before := m.ranks.Highest()
	m.channel.count(m, -1)
	if on {
		m.ranks |= r
	} else {
		m.ranks &^= r
	}
	m.channel.count(m, 1)
	if m.ranks.Highest() != before {
		m.granted = m.channel.next()
	}
	if before.AtLeast(Operator) && !m.ranks.AtLeast(Operator) {
		m.endInvites()
	}
}
