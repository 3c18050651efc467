package commands

import (
	"bavard/config"
	"bavard/state"
)

// Messages that show a different source than their sender: RELAYMSG for bridges, and NPC, NPCA and SCENE for games.

func relayCommands() []command {
	return []command{
		{verb: "RELAYMSG", run: runRelaymsg, params: 3, text: 3, cost: 1, needs: capRelaymsg,
			syntax: "RELAYMSG <#channel> <relayed> :<text>",
			help:   "For bridges: sends a message to a channel on behalf of a user on a different network."},
		{verb: "NPC", run: runNPC, params: 3, text: 3, cost: 1, known: hasRoleplay,
			syntax: "NPC <#channel> <character> :<text>",
			help:   "Speaks as a character in a roleplay channel (+E)."},
		{verb: "NPCA", run: runNPCA, params: 3, text: 3, cost: 1, known: hasRoleplay,
			syntax: "NPCA <#channel> <character> :<text>",
			help:   "Describes what a character does in a roleplay channel (+E)."},
		{verb: "SCENE", run: runScene, params: 2, text: 2, cost: 1, known: hasRoleplay,
			syntax: "SCENE <#channel> :<text>",
			help:   "Describes the scene in a roleplay channel (+E)."},
	}
}

// runRelaymsg: https://github.com/ircv3/ircv3-specifications/pull/417#relaymsg-command
func runRelaymsg(c *Call) {
	channel, nick, text := c.param(0), c.param(1), c.param(2)
	if !c.hasText(text) {
		return
	}
	tags, _ := c.clientTags(1)
	refusal := c.Try(&state.Relay{Channel: channel, Nick: nick, Text: text, Tags: tags}, nil)
	switch {
	case refusal == nil:
	case refusal.Code == state.BadRelayNick, refusal.Code == state.RelayBanned:
		c.fail(refusalTable[refusal.Code].fail, relayText(refusal), refusal.Channel, excerpt(nick))
	case refusal.Code == state.CannotRelay:
		c.fail(refusalTable[refusal.Code].fail, relayText(refusal), refusal.Channel)
	default:
		c.answer(refusal)
	}
}

// relayText explains why a message is not relayed.
func relayText(r *state.Refusal) string {
	switch {
	case r.Code == state.RelayBanned:
		return "The relayed nickname is banned from the channel"
	case r.Why != "":
		return r.Why
	}
	return "You cannot relay messages to this channel: " + needs(r.Need)
}

func relayNumeric(c *Call, r *state.Refusal) numeric {
	return errUnknownError.with(c.message.Command, relayText(r))
}

// relayingOf returns the policy for relayed messages.
func relayingOf(cfg *config.Config) state.Relaying {
	if !cfg.Relaymsg.Enabled {
		return state.Relaying{}
	}
	host := cfg.Relaymsg.Host
	if host == "" {
		host = cfg.Server.Name
	}
	return state.Relaying{
		Separators: cfg.Relaymsg.Separators, Rank: state.RankNamed(cfg.Relaymsg.Who), NickBytes: cfg.Relaymsg.NickLength,
		User: cfg.Relaymsg.Username, Host: host,
	}
}

// shownAs returns the line of a message with a different source than its sender. It has none of the sender's server
// tags, because clients would read them as those of the shown name.
func (r *renderer) shownAs(e *state.MessageSent) *outLine {
	l := r.line(nil, e.Shown, e.Kind.String(), e.Channel.Name(), e.Text).text()
	l.author = e.From
	if e.Relayed {
		l.relayer = e.From.Nick()
	}
	return l
}
