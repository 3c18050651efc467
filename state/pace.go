package state

import "strconv"

// Slow mode (+W) and the join throttle (+j).

// slowForbids refuses messages that come too early, and all messages from users outside the channel, because the time
// of their last message is not kept.
func slowForbids(a *attempt) bool {
	if a.member == nil || a.kind == Tagmsg {
		return a.member == nil
	}
	last := a.member.memory.of('W')
	pause := a.channel.parsed('W').(int64)
	if last == nil || a.state.now-last[0] >= pause {
		return false
	}
	left := (last[0] + pause - a.state.now + second - 1) / second
	a.why = "slow mode: one message in " + seconds(pause/second) + ", the next one in " + seconds(left)
	return true
}

func seconds(n int64) string {
	if n == 1 {
		return "1 second"
	}
	return strconv.FormatInt(n, 10) + " seconds"
}

func noteSpoken(a *attempt) bool {
	if a.kind != Tagmsg {
		a.member.memory.set('W', a.state.now)
	}
	return false
}

func throttleForbids(a *attempt) bool {
	return a.channel.parsed('j').(rate).full(a.channel.memory.of('j'), a.state.now)
}

func noteJoined(a *attempt) bool {
	start, count := a.channel.parsed('j').(rate).counted(a.channel.memory.of('j'), a.state.now)
	a.channel.memory.set('j', start, count)
	return false
}

// slowLeavers bounds for how many former members a channel remembers when they last spoke.
const slowLeavers = 64

// keepPace remembers when a leaving member last spoke, so that leaving and rejoining does not get around slow mode.
// The channel's memory has pairs of a user's id and a time, the latest to leave last.
func (s *State) keepPace(m *Member) {
	last := m.memory.of('W')
	if last == nil || !m.channel.HasMode('W') {
		return
	}
	var kept []int64
	known := m.channel.memory.of('W')
	for i := 0; i+1 < len(known); i += 2 {
		if s.now-known[i+1] < m.channel.parsed('W').(int64) && known[i] != int64(m.user.id) {
			kept = append(kept, known[i], known[i+1])
		}
	}
	kept = append(kept, int64(m.user.id), last[0])
	if over := len(kept) - 2*slowLeavers; over > 0 {
		kept = kept[over:]
	}
	m.channel.memory.set('W', kept...)
}

// knowPace restores that time for a member who rejoins.
func knowPace(m *Member) {
	known := m.channel.memory.of('W')
	for i := 0; i+1 < len(known); i += 2 {
		if known[i] == int64(m.user.id) {
			m.memory.set('W', known[i+1])
		}
	}
}
