package config

import "strings"

// RelaySeparators are the characters that can set relayed nicks apart: no nick may have them, and they mean nothing where nicks stand.
const RelaySeparators = "/()"

// Relaymsg is about bridges to other networks, whose bots show the people there as if they were here.
// https://github.com/ircv3/ircv3-specifications/pull/417
type Relaymsg struct {
	Enabled    bool   `toml:"enabled" default:"true" doc:"Whether the bot of a bridge may show who speaks on the other network as the sender of a message (RELAYMSG)."`
	Separators string `toml:"separators" default:"/" min:"1" max:"3" doc:"The characters, of / ( and ), one of which a relayed nick must have, such as in alice/elsewhere. No user's nick can have one, so that nobody can be taken for another."`
	Who        string `toml:"who" default:"operator" oneof:"member|voice|half-operator|operator|admin|founder" doc:"The lowest rank that may relay into a channel."`
	NickLength int    `toml:"nick_length" default:"64" min:"8" max:"100" doc:"The longest relayed nick."`
	Username   string `toml:"username" default:"relay" min:"1" max:"30" doc:"The user name of a relayed nick."`
	Host       string `toml:"host" example:"relay.example.org" max:"100" doc:"The host of a relayed nick; without it the server's name."`
}

func (r *Relaymsg) check(c *checker) {
	c.letters("relaymsg.separators", &r.Separators, RelaySeparators)
	for key, text := range map[string]string{"relaymsg.username": r.Username, "relaymsg.host": r.Host} {
		if strings.ContainsFunc(text, func(b rune) bool { return b <= ' ' || b >= 0x7f || strings.ContainsRune("!@*?,", b) }) || strings.HasPrefix(text, ":") {
			c.report(key, "must have no spaces, no characters other than ASCII, and none of ! @ * ? ,")
		}
	}
}

// Roleplay is about channels where people play characters.
type Roleplay struct {
	Enabled bool   `toml:"enabled" default:"false" doc:"Whether there is a channel mode (E) with which members may speak as characters of a game, with NPC and NPCA, and tell of the scene with SCENE."`
	Who     string `toml:"who" default:"member" oneof:"member|voice|half-operator|operator|admin|founder" doc:"The lowest rank that may speak so in such a channel."`
	Suffix  bool   `toml:"suffix" default:"true" doc:"Whether the text ends with the nick of who says it, in brackets. His nick is the user name of the character in any case."`
}

func (r *Roleplay) check(c *checker, channels *Channels) {
	if !r.Enabled && strings.ContainsRune(channels.DefaultModes, 'E') {
		c.report("channels.default_modes", "contains E, but there is no roleplay: roleplay.enabled is false")
	}
}
