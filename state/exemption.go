package state

import (
	"slices"
	"strings"
)

// Exemptions (+X) by rank: an entry "restriction:rank" exempts that rank and above from a mode, and "restriction:*"
// exempts nobody.

// restrictions lists the names that an exemption may have, in the table's order. It is filled by init because
// checkExemption, which is in the table, uses it.
var restrictions []string

func init() {
	for i := range channelModeTable {
		if row := &channelModeTable[i]; row.restriction != "" {
			restrictions = append(restrictions, row.restriction)
		}
	}
}

// checkExemption parses "restriction:rank", with the rank as its mode letter or its prefix.
func checkExemption(p *Policy, param string) (tidy, why string, ok bool) {
	name, rank, _ := strings.Cut(strings.ToLower(param), ":")
	if !slices.Contains(restrictions, name) {
		return "", "The parameter must be restriction:rank, with one of these restrictions: " + strings.Join(restrictions, " "), false
	}
	if rank == "*" {
		return name + ":*", "", true
	}
	if len(rank) == 1 {
		if _, found := p.letterRank(rank[0]); found {
			return name + ":" + rank, "", true
		}
		for _, row := range p.rankRows() {
			if row.prefix == rank[0] {
				return name + ":" + string(rune(row.letter)), "", true
			}
		}
	}
	return "", "The parameter must be restriction:rank, with one of these ranks: " + p.Ranks + ", or * for nobody", false
}

// exemption returns the lowest rank that is exempt from a mode in this channel; NoRank: nobody is.
func (c *Channel) exemption(row *channelMode) Rank {
	entries := c.List('X')
	for i := len(entries) - 1; i >= 0; i-- { // the last one set counts
		if name, rank, _ := strings.Cut(entries[i].folded, ":"); name == row.restriction {
			return rankOfLetter(rank)
		}
	}
	return row.exempt
}

// rankOfLetter returns the rank with a mode letter, in use or not; NoRank for "*".
func rankOfLetter(letter string) Rank {
	for _, row := range rankTable {
		if letter == string(rune(row.letter)) {
			return row.rank
		}
	}
	return NoRank
}
