package state

import (
	"slices"
	"strings"
)

// apply judges and carries out each change separately, in order. If one letter of a line is refused, the others still
// take effect.
// https://modern.ircdocs.horse/#channel-mode
func (op *SetModes) apply(s *State, st Stamp) *Refusal {
	m, refusal := s.standing(st, op.Channel, op.Override, PrivSamode)
	if refusal != nil {
		return refusal
	}
	var done []ModeChange
	before, flags := slices.Clone(m.channel.params), m.channel.flags
	s.gather()
	for _, change := range s.lastOfEach(op.Changes) {
		var refusal *Refusal
		if row, isRank := s.policy.letterRank(change.Letter); isRank {
			done, refusal = s.changeRank(m, row, change, done)
		} else {
			change.Reason = s.said(BanText, m, change.Reason)
			done, refusal = s.changeMode(m, change, done)
		}
		if refusal != nil {
			s.decline(*refusal)
		}
	}
	s.showGathered(m.channel, flags)
	s.noteOpened(m.channel, flags)
	done = netChanges(done)
	after := m.channel.params
	done = slices.DeleteFunc(done, func(change ModeChange) bool {
		return change.hasValue() && paramOf(before, change.Letter) == paramOf(after, change.Letter)
	})
	done = highRanksLast(done)
	if len(done) > 0 {
		by := m.user
		if op.Override {
			by = nil
		}
		s.emit(&ModesChanged{m.channel, by, done})
	}
	if len(m.channel.members) == 0 {
		s.settle(m.channel) // an operator may have unset the mode that kept an empty channel
	}
	return nil
}

// unknownModes bounds how many unknown mode letters one operation reports.
const unknownModes = 8

// lastOfEach keeps only the last change of each flag, each parameter and each list entry: "+u-u+u-u" is the same as
// "-u". Rank changes are all kept, because the right to give a rank can depend on earlier changes.
func (s *State) lastOfEach(changes []ModeChange) []ModeChange {
	var last [256]int // the index of the last change of each letter
	for i, change := range changes {
		last[change.Letter] = i
	}
	kept, unknown := make([]ModeChange, 0, min(len(changes), 16)), 0
	for i, change := range changes {
		row := findChannelMode(change.Letter)
		_, isRank := s.policy.letterRank(change.Letter)
		same := func(other ModeChange) bool {
			return other.Letter == change.Letter && s.policy.Casemapping.Fold(other.Param) == s.policy.Casemapping.Fold(change.Param)
		}
		switch {
		case isRank:
		case row == nil:
			if unknown == unknownModes || slices.ContainsFunc(kept, same) {
				continue
			}
			unknown++
		case row.kind == ListMode:
			if slices.ContainsFunc(changes[i+1:], same) {
				continue
			}
		case i < last[change.Letter]:
			continue
		}
		kept = append(kept, change)
	}
	return kept
}

func paramOf(params []modeParam, letter byte) string {
	for _, p := range params {
		if p.letter == letter {
			return p.value
		}
	}
	return ""
}

// highRanksLast moves the changes of ranks above operator to the end. A client that does not know that these letters
// take a nick then still pairs the other letters with the right parameters.
func highRanksLast(changes []ModeChange) []ModeChange {
	var others, high []ModeChange
	for _, change := range changes {
		if row, isRank := rankOf(change.Letter); isRank && row.rank > Operator {
			high = append(high, change)
		} else {
			others = append(others, change)
		}
	}
	return append(others, high...)
}

// netChanges removes changes that are undone in the same line: "+i-i+i" is +i. For a mode with a value, the last
// change counts.
func netChanges(done []ModeChange) []ModeChange {
	kept := done[:0]
	for _, change := range done {
		same := func(other ModeChange) bool {
			return other.Letter == change.Letter && (other.Param == change.Param || change.hasValue())
		}
		at := slices.IndexFunc(kept, same)
		if at >= 0 {
			undone := kept[at].On != change.On && !change.hasValue()
			kept = slices.Delete(kept, at, at+1)
			if undone {
				continue
			}
		}
		kept = append(kept, change)
	}
	return kept
}

// hasValue reports whether the change is for a mode with a single value, not one with a value for each nick or mask.
func (m ModeChange) hasValue() bool {
	row := findChannelMode(m.Letter)
	return row != nil && (row.kind == AlwaysParam || row.kind == SetParam)
}

// changeMode sets or unsets one mode other than a rank, and appends what has changed to done.
func (s *State) changeMode(m *Member, change ModeChange, done []ModeChange) ([]ModeChange, *Refusal) {
	c := m.channel
	row := findChannelMode(change.Letter)
	if row == nil || !row.isKnown(&s.policy) && !c.flags.has(row.letter) {
		return done, &Refusal{Code: UnknownMode, Channel: c.name, Mode: change.Letter}
	}
	if need := s.lowestInUse(row.rank); !m.ranks.AtLeast(need) {
		return done, needRank(c.name, need)
	}
	if row.oper && !m.user.IsOper() {
		return done, &Refusal{Code: NotOper}
	}
	switch row.kind {
	case FlagMode:
		if c.flags.has(row.letter) == change.On {
			return done, nil
		}
		s.countSecret(c, -1)
		c.flags.set(row.letter, change.On)
		s.countSecret(c, 1)
		return append(done, ModeChange{On: change.On, Letter: row.letter}), nil
	case ListMode:
		return s.changeList(m, row, change, done)
	}
	if !change.On {
		if !c.flags.has(row.letter) {
			return done, nil
		}
		c.setParam(row.letter, "", false)
		c.memory.set(row.letter)
		if row.kind == AlwaysParam {
			change.Param = "*" // do not show the value
		} else {
			change.Param = ""
		}
		return append(done, change), nil
	}
	if change.Param == "" {
		// A mode without its parameter is ignored. https://modern.ircdocs.horse/#channel-mode
		return done, nil
	}
	tidy, why, ok := row.check(&s.policy, change.Param)
	if !ok {
		return done, badParam(c, change, why)
	}
	if c.flags.has(row.letter) && c.Param(row.letter) == tidy {
		return done, nil
	}
	if row.allow != nil {
		if why := row.allow(s, m, tidy); why != "" {
			return done, badParam(c, change, why)
		}
	}
	c.setParam(row.letter, strings.Clone(tidy), true)
	c.memory.set(row.letter)
	return append(done, ModeChange{On: true, Letter: row.letter, Param: tidy}), nil
}

// rankProtects returns the refusal of an action against a member whose rank protects them from the actor.
func rankProtects(m *Member) *Refusal {
	return &Refusal{Code: RankProtects, Channel: m.channel.name, Nick: m.user.nick, Has: m.ranks.Highest()}
}

func badParam(c *Channel, change ModeChange, why string) *Refusal {
	return &Refusal{Code: BadModeParam, Channel: c.name, Mode: change.Letter, Param: change.Param, Why: why}
}

func (s *State) changeList(m *Member, row *channelMode, change ModeChange, done []ModeChange) ([]ModeChange, *Refusal) {
	c := m.channel
	if change.Param == "" {
		return done, nil
	}
	mask, why, ok := row.check(&s.policy, change.Param)
	if !ok {
		return done, badParam(c, change, why)
	}
	if row.allow != nil {
		if why := row.allow(s, m, mask); why != "" {
			return done, badParam(c, change, why)
		}
	}
	folded := s.policy.Casemapping.Fold(mask)
	at := c.findEntry(row.letter, folded)
	behind := m.user.Can(PrivAuspex)
	if at >= 0 && change.On {
		reaches := behind && !c.List(row.letter)[at].behind
		if reaches {
			if refusal := s.guardEquals(m, change, &c.List(row.letter)[at]); refusal != nil {
				return done, refusal
			}
		}
		if grows := len(keep(change.Reason, s.policy.KickBytes)) - len(c.List(row.letter)[at].Reason); change.Reason != "" && !s.hasBytesFor(c, grows) {
			return done, listFull(c, row, mask)
		}
		if change.Duration != 0 || change.Reason != "" || reaches {
			s.extendEntry(c, row.letter, at, change, behind)
		}
	}
	if (at >= 0) == change.On {
		return done, nil
	}
	if change.On && (c.listEntries() >= s.policy.ListEntries || row.most > 0 && len(c.List(row.letter)) >= row.most) {
		return done, listFull(c, row, mask)
	}
	entry := ListEntry{Mask: mask, Setter: m.user.source, Time: s.wall, Reason: keep(change.Reason, s.policy.KickBytes), folded: folded, order: s.order, by: m.user.id, behind: behind}
	if change.Duration > 0 {
		entry.Until = s.now + change.Duration
	}
	if row.test != nil {
		entry.test = row.test(&s.policy, mask)
	}
	if change.On {
		at = len(c.List(row.letter))
	} else {
		entry = c.List(row.letter)[at]
	}
	if why := entry.test.whyNobody(); change.On && why != "" {
		return done, badParam(c, change, why)
	}
	if change.On && !behind && entry.test.guesses() {
		return done, badParam(c, change, "Give the whole fingerprint: only IRC operators may use wildcards in it")
	}
	if change.On && !s.hasBytesFor(c, entry.bytes()) {
		return done, listFull(c, row, mask)
	}
	if why := s.tooMuchWork(c, &entry); change.On && why != "" {
		return done, badParam(c, change, why)
	}
	if refusal := s.guardEquals(m, change, &entry); refusal != nil {
		return done, refusal
	}
	s.setEntry(c, row.letter, at, entry, change.On)
	return append(done, ModeChange{On: change.On, Letter: row.letter, Param: entry.Mask}), nil
}

func listFull(c *Channel, row *channelMode, mask string) *Refusal {
	return &Refusal{Code: ListFull, Channel: c.name, Mode: row.letter, Param: mask}
}

// setEntry adds an entry to a list or removes it, together with its expiry.
func (s *State) setEntry(c *Channel, letter byte, at int, e ListEntry, on bool) {
	c.setEntry(letter, at, e, on)
	d := due{at: e.Until, kind: dueListEntry, channel: c.id, letter: letter, text: e.folded}
	if on {
		s.expect(d)
	} else {
		s.forget(d)
	}
}

// extendEntry gives an existing entry a different end and reason, or makes it match the hosts behind cloaks. No MODE is
// sent, because the masks in the list stay the same.
func (s *State) extendEntry(c *Channel, letter byte, at int, change ModeChange, behind bool) {
	e := c.List(letter)[at]
	e.behind = e.behind || behind
	s.setEntry(c, letter, at, e, false)
	switch {
	case change.Duration > 0:
		e.Until = s.now + change.Duration
	case change.Duration < 0:
		e.Until = 0
	}
	if change.Reason != "" {
		e.Reason = keep(change.Reason, s.policy.KickBytes)
	}
	s.setEntry(c, letter, at, e, true)
}

// endListEntry removes an expired entry. Members see a MODE from the server.
func (s *State) endListEntry(d due) {
	c := s.chanByID[d.channel]
	at := c.findEntry(d.letter, d.text)
	e := c.List(d.letter)[at]
	c.setEntry(d.letter, at, e, false)
	s.emit(&ModesChanged{Channel: c, Changes: []ModeChange{{Letter: d.letter, Param: e.Mask}}})
}

// changeRank gives or takes one rank.
func (s *State) changeRank(m *Member, row rankRow, change ModeChange, done []ModeChange) ([]ModeChange, *Refusal) {
	c := m.channel
	if change.Param == "" {
		return done, nil
	}
	need := s.lowestInUse(s.policy.granter(row))
	target := s.User(change.Param)
	self := target == m.user && !change.On
	if !self && !m.ranks.AtLeast(need) {
		return done, needRank(c.name, need)
	}
	if target == nil {
		return done, refuseNick(NoSuchNick, "", change.Param)
	}
	other := m.finds(target)
	if other == nil {
		return done, refuseNick(UserNotInChannel, c.name, target.nick)
	}
	if row.rank == Founder {
		return s.handOver(m, other, change.On, done)
	}
	if (other.ranks&row.rank != 0) == change.On {
		return done, nil
	}
	if !change.On && !self && !s.policy.outranks(m.ranks, other.ranks) {
		return done, rankProtects(other)
	}
	s.giveRank(other, row.rank, change.On)
	return append(done, ModeChange{On: change.On, Letter: row.letter, Param: target.nick}), nil
}

// handOver makes a different member the founder, because a channel has only one. The new founder becomes an operator as
// well, and the old founder stays an operator. A founder cannot give up the rank without naming a successor.
func (s *State) handOver(from, to *Member, on bool, done []ModeChange) ([]ModeChange, *Refusal) {
	if !on {
		if to.ranks&Founder == 0 {
			return done, nil
		}
		return done, refuse(FounderHandsOver, from.channel.name)
	}
	if to == from || to.ranks&Founder != 0 {
		return done, nil
	}
	if from.ranks == overrides {
		from = from.channel.founder() // nil in a classic channel
	}
	operators := []*Member{to, from}
	if s.policy.Classic {
		operators = operators[1:] // a new founder of a classic channel does not become an operator
	}
	for _, m := range operators {
		if m != nil && m.ranks&Operator == 0 {
			s.giveRank(m, Operator, true)
			done = append(done, ModeChange{On: true, Letter: 'o', Param: m.user.nick})
		}
	}
	s.giveRank(to, Founder, true)
	done = append(done, ModeChange{On: true, Letter: 'q', Param: to.user.nick})
	if from != nil {
		s.giveRank(from, Founder, false)
		done = append(done, ModeChange{Letter: 'q', Param: from.user.nick})
	}
	return done, nil
}
