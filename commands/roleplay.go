package commands

import "bavard/state"

// hasRoleplay reports whether NPC, NPCA and SCENE exist on this server.
func hasRoleplay(c *Client) bool { return c.view().config.Roleplay.Enabled }

// runNPC: https://gist.github.com/DanielOaks/420d14efbbcda93a7d7e1dc00bf7dc25
func runNPC(c *Call) { c.play(c.param(1), c.param(2), false) }

// runNPCA is NPC for an action of a character.
func runNPCA(c *Call) { c.play(c.param(1), c.param(2), true) }

// runScene describes the scene, without a character.
func runScene(c *Call) { c.perform(&state.Play{Channel: c.param(0), Text: c.param(1)}) }

// play speaks as a character. It refuses "", which means the scene to the state.
func (c *Call) play(character, text string, action bool) {
	if character == "" {
		c.needMoreParams()
		return
	}
	c.perform(&state.Play{Channel: c.param(0), Nick: character, Text: text, Action: action})
}

func (c *Call) perform(op *state.Play) {
	if c.hasText(op.Text) {
		op.Tags, _ = c.clientTags(1)
		c.Do(op, nil)
	}
}

func playNumeric(_ *Call, r *state.Refusal) numeric {
	text := r.Why
	if text == "" {
		text = needs(r.Need)
	}
	return errCannotSendRP.with(excerpt(r.Channel), text)
}
