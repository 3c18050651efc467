package config

import "strings"

// Relaymsg holds the settings for bridges to other networks, whose bots relay messages from there.
// https://github.com/ircv3/ircv3-specifications/pull/417
type Relaymsg struct {
	Enabled    bool   `toml:"enabled" default:"true" doc:"Let the bot of a bridge show the speaker on the other network as the sender of a message (RELAYMSG)."`
	Separators string `toml:"separators" default:"/" min:"1" max:"3" doc:"Characters that mark relayed nicks: one or more of {separators}. A relayed nick must contain one of them, such as alice/elsewhere. A user's own nick never can, so a relayed nick cannot be mistaken for a user's."`
	Who        string `toml:"who" default:"operator" oneof:"{rank names}" doc:"The lowest rank that can relay messages into a channel."`
	NickLength int    `toml:"nick_length" default:"64" min:"8" max:"100" doc:"Maximum length of a relayed nick."`
	Username   string `toml:"username" default:"relay" min:"1" max:"30" doc:"The user name of relayed nicks."`
	Host       string `toml:"host" example:"relay.example.org" max:"100" doc:"The host of relayed nicks. If unset, it is the server's name."`
}

func (r *Relaymsg) check(c *checker) {
	c.letters("relaymsg.separators", r.Separators, separators())
	for key, text := range map[string]string{"relaymsg.username": r.Username, "relaymsg.host": r.Host} {
		if strings.ContainsFunc(text, func(b rune) bool { return b <= ' ' || b >= 0x7f || strings.ContainsRune("!@*?,", b) }) || strings.HasPrefix(text, ":") {
			c.report(key, "must contain only ASCII characters, no spaces, and none of ! @ * ? ,")
		}
	}
}

// Roleplay holds the settings for channels where people play characters.
type Roleplay struct {
	Enabled bool   `toml:"enabled" default:"false" doc:"Offer channel mode E, in which members can speak as characters of a game with NPC and NPCA, and describe the scene with SCENE."`
	Who     string `toml:"who" default:"member" oneof:"{rank names}" doc:"The lowest rank that can use these commands in such a channel."`
	Suffix  bool   `toml:"suffix" default:"true" doc:"Add the speaker's nick, in brackets, to the end of the text. The speaker's nick is always the character's user name."`
}

func (r *Roleplay) check(c *checker, channels *Channels) {
	if !r.Enabled && strings.ContainsRune(channels.DefaultModes, 'E') {
		c.report("channels.default_modes", "contains E (roleplay), but roleplay.enabled is false")
	}
}
