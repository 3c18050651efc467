package commands

import (
	"slices"
	"strconv"
	"strings"

	"bavard/state"
)

// listFilter holds the conditions of a LIST.
type listFilter struct {
	names           []string // the names requested; nil: all
	masks, notMasks []string // folded
	moreThan        int
	lessThan        int // 0: no bound
	created, topic  ageRange
}

// ageRange bounds an age in minutes; -1 is no bound.
type ageRange struct{ younger, older int }

func (r ageRange) holds(now, then int64) bool {
	const minute = 60 * int64(1e9)
	age := now - then
	whole := age / minute // compared in minutes: a large number of them would overflow
	return (r.younger < 0 || whole < int64(r.younger)) && (r.older < 0 || whole > int64(r.older) || whole == int64(r.older) && age%minute > 0)
}

func (r ageRange) bounded() bool { return r.younger >= 0 || r.older >= 0 }

// runList: https://modern.ircdocs.horse/#list-message
func runList(c *Call) {
	f := c.parseList()
	work := 0
	for _, mask := range slices.Concat(f.masks, f.notMasks) {
		work += state.MaskWork(mask)
	}
	if work > mostMatchWork {
		c.refuse("INVALID_MASK", costlyMask)
		f.masks, f.names = nil, []string{} // an empty list
	}
	c.reply(rplListStart.with("Channel"))
	if f.names == nil {
		c.listAll(f)
		return
	}
	c.View(func(s *state.State) {
		for _, name := range f.names {
			if channel := s.Channel(name); channel != nil {
				c.listChannel(s, f, channel)
			}
		}
		c.reply(rplListEnd.with())
	})
}

// listAll lists all channels that match, a page at a time.
func (c *Call) listAll(f listFilter) {
	eachItem(c, (*state.State).ChannelsFrom, (*state.Channel).ID, func(s *state.State, channel *state.Channel) {
		c.listChannel(s, f, channel)
	})
	c.reply(rplListEnd.with())
}

func (c *Call) listChannel(s *state.State, f listFilter, channel *state.Channel) {
	if s.ChannelListed(c.user(), channel) && f.passes(s, c.user(), channel, c.server.order.Elapsed()) {
		topic := ""
		if s.ChannelReadable(c.user(), channel) {
			topic = channel.Topic().Text
		}
		c.reply(rplList.with(channel.Name(), itoa(s.MembersShown(c.user(), channel)), topic))
	}
}

// parseList parses channel names and conditions, in either parameter. Their number is bounded by limits.targets.
// https://modern.ircdocs.horse/#elist-parameter
func (c *Call) parseList() listFilter {
	f := listFilter{created: ageRange{-1, -1}, topic: ageRange{-1, -1}}
	fold := c.view().policy.Casemapping.Fold
	words := c.boundedTargets(append(splitList(c.param(0)), splitList(c.param(1))...))
	for _, word := range words {
		f.add(word, fold)
	}
	return f
}

func (f *listFilter) add(word string, fold func(string) string) {
	number := func(at int) (int, bool) {
		n, err := strconv.Atoi(word[min(at, len(word)):])
		return n, err == nil && n >= 0
	}
	switch {
	case word[0] == '>':
		if n, ok := number(1); ok {
			f.moreThan = n
		}
	case word[0] == '<':
		if n, ok := number(1); ok {
			f.lessThan = max(n, 1)
		}
	case len(word) > 1 && (word[1] == '<' || word[1] == '>') && strings.ContainsRune("CcTt", rune(word[0])):
		if n, ok := number(2); ok {
			f.age(word[0]|0x20, word[1], n)
		}
	case word[0] == '!':
		f.notMasks = append(f.notMasks, fold(word[1:]))
	case state.IsChannelName(word) && !strings.ContainsAny(word, "*?"):
		f.names = append(f.names, word)
	default:
		f.masks = append(f.masks, fold(word))
	}
}

// age adds a condition: "C<60" is younger than an hour, "C>60" is older.
func (f *listFilter) age(what, sign byte, minutes int) {
	r := &f.created
	if what == 't' {
		r = &f.topic
	}
	if sign == '<' {
		r.younger = minutes
	} else {
		r.older = minutes
	}
}

// passes reports whether a channel meets the conditions, as far as viewer may know. Ages are measured by the state's
// clock; now is its current reading.
func (f *listFilter) passes(s *state.State, viewer *state.User, c *state.Channel, now int64) bool {
	members := s.MembersShown(viewer, c)
	if members <= f.moreThan && f.moreThan > 0 || f.lessThan > 0 && members >= f.lessThan {
		return false
	}
	if f.created.bounded() && !f.created.holds(now, s.WhenShown(c.Created())) {
		return false
	}
	if f.topic.bounded() && (c.Topic().Text == "" || !s.ChannelReadable(viewer, c) || !f.topic.holds(now, s.WhenShown(c.Topic().Time))) {
		return false
	}
	name := s.Policy().Casemapping.Fold(c.Name())
	for _, mask := range f.notMasks {
		if state.Match(mask, name) {
			return false
		}
	}
	for _, mask := range f.masks {
		if state.Match(mask, name) {
			return true
		}
	}
	return len(f.masks) == 0
}
