package state

// What comparing masks takes is bounded when they are set: that of one mask, and that of all masks of a list together. So
// whatever stands in the lists, one line of a client is judged in a bounded time.

// The bounds, in the units of Work.
const (
	// mostMaskWork bounds one mask. Of 200 bytes, few need so much; what does has many pieces with question marks between stars.
	mostMaskWork = 100
	// entryWork is what an entry of a channel's lists may take on average: all together that, times Policy.ListEntries.
	entryWork = 30
	// channelWork is what it takes to find out whether a user is in a channel, and whether whoever set the mask may know that:
	// the channels of both are walked through.
	channelWork = 20
	// mostSilenceWork bounds the masks of one SILENCE list together.
	mostSilenceWork = 1000
)

// The lengths of what masks are compared with, in bytes. They are not the policy's, so that what is in a list stays within
// the bound under any other.
const (
	sourceBytes      = 128
	realnameBytes    = 200
	accountBytes     = 32
	fingerprintBytes = 64
	filteredBytes    = 512
	cloakMarks       = 2
)

// globWork is the most work that glob takes with a text of at most so many bytes.
func globWork(mask string, bytes int, escapes bool) int {
	return globCall + globSteps(mask, bytes, escapes)/matchBytes
}

// work is the most that it takes to compare the mask with a user.
func (m *mask) work() int {
	if m.cost == 0 {
		m.cost = m.reckon()
	}
	return m.cost
}

func (m *mask) reckon() int {
	switch {
	case m.row == nil:
		n := globWork(m.glob, sourceBytes, false)
		if m.host != "" { // it may be one of several names of a cloak
			n += globWork(m.before, sourceBytes, false) + 1 + cloakMarks*len(m.host)/matchBytes
		}
		return n
	case m.inner != nil:
		return m.inner.work()
	case m.row.reckon == nil:
		return 1
	}
	return m.row.reckon(m.arg)
}

func reckonBytes(bytes int) func(arg string) int {
	return func(arg string) int { return globWork(arg, bytes, false) }
}

// work is the most that it takes to compare an entry of a list with a user or a line.
func (e *ListEntry) work() int {
	if e.test == nil {
		return globWork(e.folded, filteredBytes, true) // a filter; what others are compared with is shorter
	}
	return e.test.work()
}

// listWork is the most that it takes to compare a user and what they say with all entries of the channel's lists.
func (c *Channel) listWork() int {
	n := 0
	for i := range c.lists {
		for j := range c.lists[i].entries {
			n += c.lists[i].entries[j].work()
		}
	}
	return n
}

// tooMuchWork says why an entry may not be added to the channel's lists, because of what comparing it takes; "": it may.
func (s *State) tooMuchWork(c *Channel, e *ListEntry) (why string) {
	switch {
	case e.work() > mostMaskWork && e.test != nil:
		return "That mask takes too long to compare: use fewer wildcards"
	case c.listWork()+e.work() > s.policy.ListEntries*entryWork:
		return "All entries of the channel's lists together would take too long to compare: remove some, or use fewer wildcards"
	}
	return ""
}

// comparedHosts is how many different hosts and addresses a user has in most cases, all of which a server ban is compared with.
const comparedHosts = 3

// work is the most work that it takes to compare the target with a user.
func (t *banTarget) work() int {
	if t.kind != maskTarget {
		return globWork(t.word, realnameBytes, false)
	}
	n := comparedHosts * globWork(t.host, sourceBytes, false)
	for _, part := range []string{t.nick, t.user} {
		if part != "*" {
			n += globWork(part, sourceBytes, false)
		}
	}
	return n
}

// MaskWork returns the most work that Match takes with a mask and a text of the length of a source, in the units of Work.
func MaskWork(mask string) int { return globWork(mask, sourceBytes, true) }
