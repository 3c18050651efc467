package state

import "math/bits"

// Doing is something that somebody is about to do in a channel: a bit each, so that a mode can name those it judges.
type Doing uint16

// What modes judge.
const (
	Joining Doing = 1 << iota
	Speaking
	SettingTopic
	ChangingNick
	Knocking
	Kicking
	Entered // he is in: for what a mode does then
	doings  = iota
)

// attempt is what somebody is about to do, as modes judge it.
type attempt struct {
	state   *State
	doing   Doing
	user    *User
	channel *Channel
	member  *Member // nil when the user is not in the channel
	key     string  // of a join
	kind    MessageKind
	// text of a message or a topic; a multiline message has lines instead. A mode may change what is said; lines are the
	// operation's own, so it puts others in their place.
	text  string
	lines []TextPart
	// audience narrows who hears a message; a mode may raise it.
	audience Rank
	// why are words of a refusal that the row cannot know, instead of its own.
	why string
	// until is when what forbids it ends by itself, 0: it does not; reason is what somebody said about it.
	until  int64
	reason string
}

// asked are the rows that judge each kind of attempt, in the table's order.
var asked [doings][]*channelMode

func init() {
	for i := range channelModeTable {
		for bit := range asked {
			if channelModeTable[i].judges&(1<<bit) != 0 {
				asked[bit] = append(asked[bit], &channelModeTable[i])
			}
		}
	}
}

// forbidden asks every mode of the channel that is set and judges such attempts. It is the row that forbids it, or nil.
func (s *State) forbidden(a *attempt) *channelMode {
	for _, row := range asked[bits.TrailingZeros16(uint16(a.doing))] {
		if a.channel.isSet(row) && !a.exempt(row) && row.forbids != nil && row.forbids(a) {
			return row
		}
	}
	return nil
}

// exempt tells whether the actor's rank stands above the mode.
func (a *attempt) exempt(row *channelMode) bool {
	rank := a.channel.exemption(row)
	return rank != NoRank && a.member != nil && a.member.ranks.AtLeast(rank)
}

// done tells the modes that judge such attempts, and do not exempt the actor, that this one passed. stop: one of them has
// acted on it, and it goes no further.
func (s *State) done(a *attempt) (stop bool) {
	for _, row := range asked[bits.TrailingZeros16(uint16(a.doing))] {
		if row.did != nil && a.channel.isSet(row) && !a.exempt(row) && row.did(a) {
			return true
		}
	}
	return false
}

// refusal is what the actor is told when a row forbids it: the mode with its words, or the rank that he lacks.
func (a *attempt) refusal(row *channelMode) *Refusal {
	if rank := a.channel.exemption(row); row.deny == "" && a.doing != Joining && rank != NoRank {
		return needRank(a.channel.name, a.state.lowestInUse(rank))
	}
	why := a.why
	if why == "" {
		why = row.deny
	}
	return &Refusal{Code: ModeForbids, Channel: a.channel.name, Mode: row.letter, Doing: a.doing, Why: why, Until: a.until, Reason: a.reason}
}

func (c *Channel) isSet(m *channelMode) bool {
	if m.kind == ListMode {
		return len(c.List(m.letter)) > 0
	}
	return c.flags.has(m.letter)
}

// mayEnter judges a join. An invitation by somebody who could have opened the door himself opens it: it would be a
// strange invitation otherwise.
func (a *attempt) mayEnter() *Refusal {
	if invite, found := a.user.invite(a.channel); found && invite.Trusted {
		return nil
	}
	if row := a.state.forbidden(a); row != nil {
		return a.refusal(row)
	}
	return nil
}

// MayKnock tells why somebody outside may not ask for an invitation, as far as modes forbid it; nil: nothing does.
func (s *State) MayKnock(u *User, c *Channel) *Refusal {
	a := attempt{state: s, doing: Knocking, user: u, channel: c}
	if row := s.forbidden(&a); row != nil {
		return a.refusal(row)
	}
	return nil
}
