package commands

import "bavard/state"

// runKnock: the answer tells that the operators of the channel have been asked.
func runKnock(c *Call) {
	name := c.param(0)
	c.Do(&state.Knock{Channel: name}, func(s *state.State) { c.reply(rplKnockDlvr.with(s.Channel(name).Name())) })
}

// knocked asks those who could invite.
func (r *renderer) knocked(e *state.Knocked) {
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if m.Ranks().AtLeast(state.Operator) {
			r.numericFrom(e.By, c, rplKnock.with(e.Channel.Name(), e.By.Source()))
		}
	})
}
