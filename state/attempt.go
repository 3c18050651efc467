package state

import "math/bits"

// Doing is something that a user attempts in a channel. Each is a bit, so that a mode can name all those that it
// judges.
type Doing uint16

// The kinds of attempt that modes judge.
const (
	Joining Doing = 1 << iota
	Speaking
	SettingTopic
	ChangingNick
	Knocking
	Kicking
	Entered // the user has joined; a mode may act on it
	doings  = iota
)

// attempt is something that a user is about to do, in the form that modes judge.
type attempt struct {
	state   *State
	doing   Doing
	user    *User
	channel *Channel
	member  *Member // nil when the user is not in the channel
	key     string  // of a join
	kind    MessageKind
	// text is the text of a message or a topic; a multiline message has lines instead. tags are the message's tags. A
	// mode may replace all three, but must never change lines and tags in place, because they belong to the operation.
	text  string
	lines []TextPart
	tags  []Tag
	// character is the name under which the text is shown, "" for the user's own.
	character string
	// audience is the lowest rank that receives a message; a mode may raise it.
	audience Rank
	// why replaces the row's explanation of a refusal when the explanation depends on the attempt.
	why string
	// until is when the ban behind a refusal ends by itself, 0: never. reason is the reason given for the ban.
	until  int64
	reason string
}

// asked holds the rows that judge each kind of attempt, in the table's order.
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

// forbidden asks every mode that is set in the channel and judges such attempts. It returns the row that forbids it,
// or nil.
func (s *State) forbidden(a *attempt) *channelMode {
	for _, row := range asked[bits.TrailingZeros16(uint16(a.doing))] {
		if a.channel.isSet(row) && !a.exempt(row) && row.forbids != nil && row.forbids(a) {
			return row
		}
	}
	return nil
}

// exempt reports whether the actor's rank exempts them from the mode.
func (a *attempt) exempt(row *channelMode) bool {
	rank := a.channel.exemption(row)
	return rank != NoRank && a.member != nil && a.member.ranks.AtLeast(rank)
}

// done informs each mode that judged this attempt that it was allowed. stop: one of the modes acted on it, and the
// attempt ends there.
func (s *State) done(a *attempt) (stop bool) {
	for _, row := range asked[bits.TrailingZeros16(uint16(a.doing))] {
		if row.did != nil && a.channel.isSet(row) && !a.exempt(row) && row.did(a) {
			return true
		}
	}
	return false
}

// refusal returns the refusal for an attempt that a row forbids. It names the mode with an explanation, or the missing
// rank.
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

// mayEnter judges a join. An invitation from an operator lets the user in despite the channel's modes and bans, because
// the operator can change those.
func (a *attempt) mayEnter() *Refusal {
	if invite, found := a.user.invite(a.channel); found && invite.Trusted {
		return nil
	}
	if row := a.state.forbidden(a); row != nil {
		return a.refusal(row)
	}
	return nil
}

// MayKnock returns the refusal of a mode that forbids a user outside the channel to ask for an invitation, or nil.
func (s *State) MayKnock(u *User, c *Channel) *Refusal {
	a := attempt{state: s, doing: Knocking, user: u, channel: c}
	if row := s.forbidden(&a); row != nil {
		return a.refusal(row)
	}
	return nil
}
