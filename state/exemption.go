package state

import (
	"slices"
	"strings"
)

// Exemptions by rank (+X): an entry "restriction:rank" moves the line between those whom a mode binds and those whom it
// does not; "restriction:*" binds all.

// restrictions are the names that an exemption may have, in the table's order. checkExemption asks them, so they are
// filled by init.
var restrictions []string

func init() {
	for i := range channelModeTable {
		if row := &channelModeTable[i]; row.restriction != "" {
			restrictions = append(restrictions, row.restriction)
		}
	}
}

// checkExemption reads "restriction:rank", with the rank as its mode letter or its prefix.
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

// exemption is the lowest rank that a mode does not bind in this channel; NoRank: it binds all.
func (c *Channel) exemption(row *channelMode) Rank {
	entries := c.List('X')
	for i := len(entries) - 1; i >= 0; i-- { // the last one set counts
		if name, rank, _ := strings.Cut(entries[i].folded, ":"); name == row.restriction {
			return rankOfLetter(rank)
		}
	}
	return row.exempt
}

// rankOfLetter is the rank of a mode letter, whatever ranks are in use; NoRank for "*".
func rankOfLetter(letter string) Rank {
	for _, row := range rankTable {
		if letter == string(rune(row.letter)) {
			return row.rank
		}
	}
	return NoRank
}
