package commands

import "strings"

func runDie(c *Call) { c.terminate(false, "has ended the server") }

func runRestart(c *Call) { c.terminate(true, "has restarted the server") }

// terminate requires the server's name, because a mistake would affect everyone.
func (c *Call) terminate(restart bool, what string) {
	if !strings.EqualFold(c.param(0), c.view().name) {
		c.refuse("INVALID_PARAMS", "Confirm by naming the server: "+c.command.verb+" "+c.view().name)
		return
	}
	if reason := c.param(1); reason != "" {
		what += ": " + reason
	}
	c.willWait()
	if err := c.server.options.Terminate(restart, c.nick()+" "+what); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			c.refuse("CONFIG_BAD", "Nothing happens: "+line)
		}
		return
	}
	c.tell('a', c.command.verb, what)
}
