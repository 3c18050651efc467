package state

import "math/bits"

// Doing is something that somebody is about to do in a channel: a bit each, so that a mode can name those it judges.
type Doing uint16

// What modes judge.
const (
	Joining Doing = 1 << iota
	Speaking
	SettingTopic
	doings = iota
)

// attempt is what somebody is about to do, as modes judge it.
type attempt struct {
	state   *State
	doing   Doing
	user    *User
	channel *Channel
	member  *Member // nil when the user is not in the channel
	key     string  // of a join
	text    string  // of a message or a topic
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
		if a.channel.isSet(row) && !a.exempt(row) && row.forbids(a) {
			return row
		}
	}
	return nil
}

func (a *attempt) exempt(row *channelMode) bool {
	return row.exempt != NoRank && a.member != nil && a.member.ranks.AtLeast(row.exempt)
}

// refusal is what the actor is told when a row forbids it: the mode with its words, or the rank that he lacks.
func (a *attempt) refusal(row *channelMode) *Refusal {
	if row.deny == "" && a.doing != Joining {
		return needRank(a.channel.name, a.state.lowestInUse(row.exempt))
	}
	return &Refusal{Code: ModeForbids, Channel: a.channel.name, Mode: row.letter, Doing: a.doing, Why: row.deny}
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
