package commands

import (
	"strings"

	"bavard/state"
)

// runUban manages the whole list of server bans with one verb.
func runUban(c *Call) {
	verb := strings.ToUpper(c.param(0))
	action, target := banAction(c.param(1))
	if target == "" && verb != "LIST" {
		c.needMoreParams()
		return
	}
	switch verb {
	case "ADD":
		c.addBan(action, target, c.params()[2:])
	case "DEL":
		c.deleteBan(action, target)
	case "LIST":
		c.listServerBans(c.param(1))
	case "INFO":
		c.showBan(action, c.oneTarget(action, target))
	case "TEST":
		c.testBan(action, c.oneTarget(action, target))
	default:
		c.refuse("INVALID_PARAMS", "Use UBAN ADD, DEL, LIST, INFO or TEST; see HELP UBAN")
	}
}

// listServerBans shows the entries that match the filter: the name of an action, or a mask or part of the target, the
// setter or the reason.
func (c *Call) listServerBans(filter string) {
	action, isAction := state.BanActionOf(strings.ToLower(filter))
	mask := strings.ToLower(filter)
	if !strings.ContainsAny(mask, "*?") {
		mask = "*" + mask + "*"
	}
	passes := func(b *state.ServerBan) bool {
		if isAction {
			return b.Action == action
		}
		for _, text := range []string{banName(b.Action, b.Target), b.Setter, b.Reason} {
			if state.Match(mask, strings.ToLower(text)) {
				return true
			}
		}
		return false
	}
	shown, all := 0, 0
	eachItem(c, (*state.State).BansFrom, (*state.ServerBan).Number, func(s *state.State, b *state.ServerBan) {
		all++
		if passes(b) {
			shown++
			c.notice(c.nick(), banText(s, b))
		}
	})
	c.notice(c.nick(), "End of the list: "+itoa(shown)+" of "+itoa(all)+" entries")
}

// showBan shows all details of one entry.
func (c *Call) showBan(action state.BanAction, target string) {
	c.View(func(s *state.State) {
		if b := s.Ban(action, target); b != nil {
			c.notice(c.nick(), banText(s, b))
		} else {
			c.refuse("NO_SUCH_BAN", banName(action, excerpt(target))+" is not in the list")
		}
	})
}

// mostTested bounds how many of the users that a ban would affect are named.
const mostTested = 20

// testBan shows whom a ban would affect, without setting it.
func (c *Call) testBan(action state.BanAction, target string) {
	var test state.BanTest
	var why string
	c.View(func(s *state.State) { test, why = s.TestBan(c.user(), action, target) })
	if why != "" {
		c.refuse("INVALID_BAN", why+": "+excerpt(target))
		return
	}
	hit, spared, all := 0, 0, 0
	eachItem(c, (*state.State).UsersFrom, (*state.User).ID, func(_ *state.State, u *state.User) {
		all++
		covered, exempt := test.Covers(u)
		switch {
		case covered && exempt != nil && action != state.BanExempt:
			spared++
			c.testLine(hit+spared, u, "is exempt by "+exempt.Target)
		case covered:
			hit++
			c.testLine(hit+spared, u, "matches")
		}
	})
	text := banName(action, test.Target) + " matches " + itoa(hit) + " of " + itoa(all) + " users"
	if spared > 0 {
		text += ", and " + itoa(spared) + " more that are exempt"
	}
	if !c.can(state.PrivAuspex) {
		text += "; this compares only the hosts and addresses that you can see"
	}
	c.notice(c.nick(), text)
}

func (c *Call) testLine(n int, u *state.User, what string) {
	if n > mostTested {
		return
	}
	who := u.Source()
	if c.mayKnowAddress(u) {
		who += " [" + u.Address() + "]"
	}
	c.notice(c.nick(), who+" "+what)
}

// face is a verb for one kind of entry, as other servers have it.
type face struct {
	action state.BanAction
	// target turns the verb's parameter into a target; "" with why refuses it.
	target func(c *Call, word string) (target, why string)
}

// faces holds the verbs that other servers have for parts of the list. The form that starts with UN removes an entry,
// and so does - before the target, or the target of an existing entry without anything else.
var faces = map[string]face{
	"KLINE": {state.BanConnect, anyTarget},
	"GLINE": {state.BanConnect, anyTarget},
	"DLINE": {state.BanConnect, addressOnly},
	"ZLINE": {state.BanConnect, addressOnly},
	"ELINE": {state.BanExempt, anyTarget},
	"SHUN":  {state.BanShun, anyTarget},
	"XLINE": {state.BanConnect, realnameMask},
	"RESV":  {state.BanReserve, anyTarget},
	"QLINE": {state.BanReserve, nickOnly},
	"CBAN":  {state.BanReserve, channelOnly},
}

func anyTarget(_ *Call, word string) (target, why string) { return word, "" }

// addressOnly accepts an address, a network, or the nick of a user whose address is meant.
func addressOnly(c *Call, word string) (target, why string) {
	target = strings.TrimPrefix(c.oneTarget(state.BanConnect, word), "*@")
	if strings.ContainsAny(target, "!@$*?") || !strings.ContainsAny(target, ".:") {
		return "", "The target must be an address or network, such as 192.0.2.1 or 192.0.2.0/24"
	}
	return target, ""
}

func realnameMask(_ *Call, word string) (target, why string) {
	return "$r:" + strings.ReplaceAll(word, " ", `\s`), ""
}

func nickOnly(_ *Call, word string) (target, why string) {
	if state.IsChannelName(word) {
		return "", "The target must be a nick, with * and ? as wildcards; use CBAN for channels"
	}
	return word, ""
}

func channelOnly(_ *Call, word string) (target, why string) {
	if !state.IsChannelName(word) {
		return "", "The target must be a channel name, with * and ? as wildcards; use QLINE for nicks"
	}
	return word, ""
}

// runFace runs KLINE, UNKLINE and the like.
func runFace(c *Call) {
	name, remove := strings.CutPrefix(c.command.verb, "UN")
	f, words := faces[name], c.params()
	// The duration may come first, as on some servers.
	first := ""
	if !remove {
		_, rest, given, ok := c.durationFirst(words)
		if !ok {
			return
		}
		if given {
			first, words = words[0], rest
		}
	}
	word, minus := strings.CutPrefix(words[0], "-")
	if word == "" {
		c.needMoreParams()
		return
	}
	target, why := f.target(c, word)
	if why != "" {
		c.refuse("INVALID_BAN", why)
		return
	}
	words = words[1:]
	if first != "" {
		words = append([]string{first}, words...)
	}
	alone := len(words) == 0 && c.isListed(f.action, target)
	switch {
	case remove, minus, alone:
		c.deleteBan(f.action, target)
	case len(words) == 0:
		c.refuse("NO_SUCH_BAN", name+" "+excerpt(word)+" is not there; to set it, give a duration (0: for good) or a reason")
	default:
		c.addBan(f.action, target, words)
	}
}

func (c *Call) isListed(action state.BanAction, target string) (found bool) {
	target = c.oneTarget(action, target)
	c.View(func(s *state.State) { found = s.Ban(action, target) != nil })
	return found
}
