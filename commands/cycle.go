package commands

import "bavard/state"

// runCycle leaves a channel and joins it again. It is refused before leaving if the user could not join again.
func runCycle(c *Call) {
	channel, reason := c.param(0), c.param(1)
	if !state.IsChannelName(channel) {
		channel, reason = c.currentName(), c.param(0)
		if channel == "" {
			return
		}
	}
	c.Do(&state.Cycle{Channel: channel, Reason: reason}, nil)
}
