package state

import (
	"math/bits"
	"strings"
)

// Rank is the set of ranks that a member holds in a channel, one bit each. Sets are ordered by their highest rank. The
// bits are not those of encodings, so that a rank can be added between two others.
type Rank uint8

// The ranks, one bit each. NoRank is a plain member.
const (
	Voice Rank = 1 << iota
	HalfOperator
	Operator
	Admin
	Founder
	NoRank Rank = 0
)

// rankRow is one row of the table of ranks.
type rankRow struct {
	rank Rank
	// code is the rank's bit in encodings. It never changes, and is never reused.
	code   uint64
	letter byte
	prefix byte
	name   string
	// grant is the lowest rank that may give and take this one. With Policy.OperatorsGrant it is lower for operator.
	grant Rank
	help  string
}

// rankTable holds the ranks from the highest to the lowest. Everything that depends on ranks uses it: PREFIX,
// STATUSMSG, NAMES, WHO, MODE.
// https://modern.ircdocs.horse/#channel-membership-prefixes
var rankTable = []rankRow{
	{Founder, 1 << 4, 'q', '~', "founder", Founder, "Owns the channel: grants and revokes operators, renames the channel, hands it over, and kicks anyone."},
	{Admin, 1 << 3, 'a', '&', "admin", Founder, "Same as an operator, and protected from operators."},
	{Operator, 1 << 2, 'o', '@', "operator", Founder, "Sets modes, bans and the topic, invites, gives voice, and kicks members of lower rank."},
	{HalfOperator, 1 << 1, 'h', '%', "half-operator", Operator, "Kicks and bans members of lower rank, gives voice, and sets the topic."},
	{Voice, 1 << 0, 'v', '+', "voice", HalfOperator, "Speaks in a moderated channel."},
}

// code returns the set as it is encoded.
func (r Rank) code() (code uint64) {
	for _, row := range rankTable {
		if r&row.rank != 0 {
			code |= row.code
		}
	}
	return code
}

// rankOfCode returns the set with this encoding. ok is false if it has a rank that this program does not know.
func rankOfCode(code uint64) (r Rank, ok bool) {
	for _, row := range rankTable {
		if code&row.code != 0 {
			r |= row.rank
			code &^= row.code
		}
	}
	return r, code == 0
}

// RankInfo describes a rank for documents and answers.
type RankInfo struct {
	Rank           Rank
	Letter, Prefix byte
	Name, Help     string
}

func (p *Policy) rankRows() []rankRow {
	rows := make([]rankRow, 0, len(rankTable))
	for _, r := range rankTable {
		if p.hasRank(r.rank) {
			rows = append(rows, r)
		}
	}
	return rows
}

// RankNamed returns the rank with this name, in use or not; NoRank for any other word.
func RankNamed(name string) Rank {
	for _, row := range rankTable {
		if row.name == name {
			return row.rank
		}
	}
	return NoRank
}

// Ranks lists all ranks, from the highest to the lowest, whether or not a policy uses them.
func Ranks() []RankInfo { return describeRanks(rankTable) }

// RankList lists the ranks that this policy uses, from the highest to the lowest.
func (p *Policy) RankList() []RankInfo { return describeRanks(p.rankRows()) }

func describeRanks(rows []rankRow) []RankInfo {
	list := make([]RankInfo, len(rows))
	for i, r := range rows {
		list[i] = RankInfo{r.rank, r.letter, r.prefix, r.name, r.help}
	}
	return list
}

func (p *Policy) hasRank(r Rank) bool {
	for _, row := range rankTable {
		if row.rank == r {
			return strings.IndexByte(p.Ranks, row.letter) >= 0
		}
	}
	return false
}

// Highest returns the highest single rank in the set.
func (r Rank) Highest() Rank {
	for _, row := range rankTable {
		if r&row.rank != 0 {
			return row.rank
		}
	}
	return NoRank
}

// AtLeast reports whether the highest rank in the set is not below the highest in other.
func (r Rank) AtLeast(other Rank) bool { return bits.Len8(uint8(r)) >= bits.Len8(uint8(other)) }

// Prefixes returns the prefix characters of the set, the highest first; only the highest unless all is set.
// https://ircv3.net/specs/extensions/multi-prefix
func (r Rank) Prefixes(all bool) string {
	if r == NoRank {
		return ""
	}
	var buf [8]byte
	out := buf[:0]
	for _, row := range rankTable {
		if r&row.rank != 0 {
			out = append(out, row.prefix)
			if !all {
				break
			}
		}
	}
	return string(out)
}

// Name returns the name of the highest rank in the set; "member" for none.
func (r Rank) Name() string {
	for _, row := range rankTable {
		if r&row.rank != 0 {
			return row.name
		}
	}
	return "member"
}

// PrefixRank returns the rank with this prefix character, or NoRank.
func (p *Policy) PrefixRank(prefix byte) Rank {
	for _, row := range rankTable {
		if row.prefix == prefix && p.hasRank(row.rank) {
			return row.rank
		}
	}
	return NoRank
}

// letterRank returns the rank with this mode letter among those in use.
func (p *Policy) letterRank(letter byte) (rankRow, bool) {
	row, isRank := rankOf(letter)
	if !isRank || !p.hasRank(row.rank) {
		return rankRow{}, false
	}
	return row, true
}

// rankOf returns the rank with this mode letter, in use or not.
func rankOf(letter byte) (rankRow, bool) {
	for _, row := range rankTable {
		if row.letter == letter {
			return row, true
		}
	}
	return rankRow{}, false
}

// granter returns the lowest rank that may give and take the rank of this row under this policy.
func (p *Policy) granter(row rankRow) Rank {
	// Operators of a classic channel are equals and may grant the rank. Its founder, if it has one, is the owner.
	if row.rank == Operator && (p.OperatorsGrant || p.Classic) {
		return Operator
	}
	return row.grant
}

// outranks reports whether actor may act against target: kick, ban, or remove a rank. Members may not act against their
// equals, except operators of a classic channel.
func (p *Policy) outranks(actor, target Rank) bool {
	if actor == overrides {
		return true
	}
	a, t := actor.Highest(), target.Highest()
	return a > t || p.Classic && a == Operator && t == Operator
}
