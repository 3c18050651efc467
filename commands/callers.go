package commands

import (
	"strings"

	"bavard/state"
)

// runAccept changes or lists the users who may send messages to a user with mode g: "ACCEPT nick,-nick", "ACCEPT *".
func runAccept(c *Call) {
	words := splitList(c.param(0))
	if len(words) == 0 {
		words = []string{"*"}
	}
	for _, word := range c.boundedTargets(words) {
		if word == "*" {
			c.showAccepts()
			continue
		}
		nick, off := strings.CutPrefix(word, "-")
		c.Do(&state.ChangeAccept{Nick: strings.TrimPrefix(nick, "+"), On: !off}, nil)
	}
}

func (c *Call) showAccepts() {
	c.View(func(*state.State) {
		var nicks []string
		for _, u := range c.user().Accepts() {
			nicks = append(nicks, u.Nick())
		}
		if len(nicks) > 0 {
			for _, line := range joinLines(nicks, c.room("281")) {
				c.reply(rplAcceptList.with(line))
			}
		}
		c.reply(rplEndOfAccept.with())
	})
}

// runSilence changes or lists the masks of users whose messages the user does not receive.
func runSilence(c *Call) {
	words := splitList(c.param(0))
	if len(words) == 0 {
		c.showSilences()
		return
	}
	for _, word := range c.boundedTargets(words) {
		mask, off := strings.CutPrefix(word, "-")
		c.Do(&state.ChangeSilence{Mask: strings.TrimPrefix(mask, "+"), On: !off}, nil)
	}
}

func (c *Call) showSilences() {
	c.View(func(*state.State) {
		for _, mask := range c.user().Silences() {
			c.reply(rplSileList.with(c.user().Nick(), mask))
		}
		c.reply(rplEndOfSileList.with())
	})
}

// callerHeld tells the sender of a message that the recipient has not accepted them, and from time to time tells the
// recipient who the sender was. The sender always gets the same answer: otherwise they could find out whether other
// users have written too, or whether the recipient has silenced them.
func (r *renderer) callerHeld(e *state.CallerHeld) {
	if r.by != nil {
		r.numericTo(r.by, errTargUmodeG.with(e.Target.Nick()))
		r.numericTo(r.by, rplTargNotify.with(e.Target.Nick()))
	}
	if !e.Told {
		return
	}
	eachSessionOf(e.Target, func(c *Client) {
		r.numericFrom(e.From, c, rplUmodeGMsg.with(e.From.Nick(), e.From.Username()+"@"+e.From.Host()))
	})
}

func (r *renderer) silenceChanged(e *state.SilenceChanged) {
	sign := "-"
	if e.On {
		sign = "+"
	}
	r.toUser(r.line(e.User, e.User.Source(), "SILENCE", sign+e.Mask), e.User)
}

func modeForbidsUser(_ *Call, r *state.Refusal) numeric {
	row := errCantSendToUser
	if r.Mode == 'R' {
		row = errNeedReggedNick
	}
	return row.with(r.Nick, "Cannot send to user (+"+letterText(r.Mode)+": "+r.Why+")")
}
