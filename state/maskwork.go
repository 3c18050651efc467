package state

// The work of comparing masks is bounded when a mask is set: for each mask, and for all masks of a list together. A
// line of a client is therefore judged in bounded time, regardless of the entries of the lists.

// The bounds, in the units of Work.
const (
	// mostMaskWork bounds one mask. Only masks with many question marks and many stars need more.
	mostMaskWork = 100
	// entryWork is the average work allowed for an entry of a channel's lists. All entries together may take this much
	// times Policy.ListEntries.
	entryWork = 30
	// channelWork is the work of checking whether a user is in a channel and whether the setter of the mask may know
	// it. Both users' lists of channels are searched.
	channelWork = 20
	// mostSilenceWork bounds the masks of one SILENCE list together.
	mostSilenceWork = 1000
)

// The assumed lengths of the texts that masks are compared with, in bytes. They do not follow the policy, so that the
// work of an entry never changes.
const (
	sourceBytes      = 128
	realnameBytes    = 200
	accountBytes     = 32
	fingerprintBytes = 64
	filteredBytes    = 512
	cloakMarks       = 2
)

// globWork returns the most work that glob takes with a text of at most this number of bytes.
func globWork(mask string, bytes int, escapes bool) int {
	return globCall + globSteps(mask, bytes, escapes)/matchBytes
}

// work returns the most work that it takes to compare the mask with a user.
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

// work returns the most work that it takes to compare an entry of a list with a user or a message.
func (e *ListEntry) work() int {
	if e.test == nil {
		return globWork(e.folded, filteredBytes, true) // a filter; the entries of other lists are compared with shorter texts
	}
	return e.test.work()
}

// listWork returns the most work that it takes to compare a user and their message with all entries of the channel's
// lists.
func (c *Channel) listWork() int {
	n := 0
	for i := range c.lists {
		for j := range c.lists[i].entries {
			n += c.lists[i].entries[j].work()
		}
	}
	return n
}

// tooMuchWork returns the reason to refuse an entry that takes too long to compare, or "".
func (s *State) tooMuchWork(c *Channel, e *ListEntry) (why string) {
	switch {
	case e.work() > mostMaskWork && e.test != nil:
		return "That mask takes too long to compare: use fewer wildcards"
	case c.listWork()+e.work() > s.policy.ListEntries*entryWork:
		return "All entries of the channel's lists together would take too long to compare: remove some, or use fewer wildcards"
	}
	return ""
}

// comparedHosts is how many different hosts and addresses most users have. A server ban is compared with each of them.
const comparedHosts = 3

// work returns the most work that it takes to compare the target with a user.
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

// MaskWork returns the most work that Match takes with a mask and a text of the length of a source, in the units of
// Work.
func MaskWork(mask string) int { return globWork(mask, sourceBytes, true) }
