package commands

import "bavard/state"

// runKnock asks for an invitation. The answer says that the channel's operators have been asked.
func runKnock(c *Call) {
	name := c.param(0)
	c.Do(&state.Knock{Channel: name}, func(s *state.State, _ []state.Event) { c.reply(rplKnockDlvr.with(s.Channel(name).Name())) })
}

// knocked tells the members who could invite the user.
func (r *renderer) knocked(e *state.Knocked) {
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if m.Ranks().AtLeast(state.Operator) {
			r.numericFrom(e.By, c, rplKnock.with(e.Channel.Name(), e.By.Source()))
		}
	})
}
