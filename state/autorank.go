package state

import "strings"

// Ranks that are given on joining (+w). An entry is "rank:mask", with the rank as its mode letter.

func checkAutoRank(p *Policy, param string) (tidy, why string, ok bool) {
	letter, mask, _ := strings.Cut(param, ":")
	row, found := p.letterRank(firstByte(letter))
	if len(letter) != 1 || !found || row.rank == Founder {
		return "", "The parameter must be rank:mask, with one of these ranks: " + strings.ReplaceAll(p.Ranks, "q", ""), false
	}
	bounded := *p
	bounded.MaskBytes -= len("v:") // the whole entry must fit into a line too
	if mask, why, ok = checkMask(&bounded, mask); !ok {
		return "", why, false
	}
	return letter + ":" + mask, "", true
}

func firstByte(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}

func autoRankTest(p *Policy, tidy string) *mask { return maskTest(p, tidy[2:]) }

// allowAutoRank refuses an entry unless the member may give that rank.
func allowAutoRank(s *State, by *Member, tidy string) (why string) {
	row, found := s.policy.letterRank(tidy[0])
	if !found || by.ranks.AtLeast(s.lowestInUse(s.policy.granter(row))) {
		return ""
	}
	return "You may not give that rank"
}

// giveAutoRank gives a new member the ranks of all entries that match.
func giveAutoRank(a *attempt) bool {
	m, s := a.member, a.state
	var changes []ModeChange
	who := s.subject(m.user, m.channel)
	entries := a.channel.List('w')
	for i := range entries {
		e := &entries[i]
		row, found := s.policy.letterRank(e.Mask[0])
		if found && m.ranks&row.rank == 0 && s.entryCovers(e, who) {
			s.giveRank(m, row.rank, true)
			changes = append(changes, ModeChange{On: true, Letter: row.letter, Param: m.user.nick})
		}
	}
	if len(changes) > 0 {
		s.emit(&ModesChanged{Channel: a.channel, Changes: changes})
	}
	return false
}
