package commands

import "bavard/state"

// runCycle leaves and comes back. Whoever could not come back is told before he leaves.
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
