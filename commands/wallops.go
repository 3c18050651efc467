package commands

import "bavard/state"

// runWallops: https://modern.ircdocs.horse/#wallops-message
func runWallops(c *Call) {
	if text := c.param(0); c.hasText(text) {
		if c.Do(&state.SendWallops{Text: text}, nil) {
			c.log().Info("operator action", "verb", "WALLOPS", "by", c.nick(), "what", text)
		}
	}
}

func runGlobops(c *Call) {
	if text := c.param(0); c.hasText(text) {
		c.tell('g', "GLOBOPS", "says: "+text)
	}
}

// https://modern.ircdocs.horse/#wallops-message
func (r *renderer) wallops(e *state.Wallops) {
	l := r.line(e.From, e.From.Source(), "WALLOPS", e.Text).text()
	for _, u := range r.server.state.Users() {
		if u.HasMode('w') {
			r.toUser(l, u)
		}
	}
}
