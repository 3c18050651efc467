package state

import "strconv"

// Slow mode (+W) and the join throttle (+j).

const second = int64(1e9)

// slowForbids: a member's last message is remembered; whoever is outside has no place where it could be.
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
