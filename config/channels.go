package config

import (
	"strconv"
	"strings"

	"bavard/state"
)

// The values of Channels.Hierarchy.
const (
	HierarchyFounder = "founder"
	HierarchyClassic = "classic"
)

// The values of Channels.WhoGrants.
const (
	GrantsFounder  = "founder"
	GrantsOperator = "operator"
)

// Users holds the settings for new users.
type Users struct {
	DefaultModes string `toml:"default_modes" default:"i" max:"60" doc:"The user modes that everyone starts with: {user flags}. The reference explains them."`
}

func (u *Users) check(c *checker) {
	c.modes("users.default_modes", &u.DefaultModes, lettersOf(userFlags()))
}

// Channels holds the settings for channels.
type Channels struct {
	Ranks          string   `toml:"ranks" default:"qov" min:"1" max:"30" doc:"The ranks in use, as mode letters: {ranks}. o and v are required, and so is q with hierarchy = \"founder\"."`
	Hierarchy      string   `toml:"hierarchy" default:"founder" oneof:"founder|classic" doc:"With 'founder', the user who creates a channel becomes its founder and ranks above its operators. With 'classic', they become an ordinary operator, and all operators are equal."`
	WhoGrants      string   `toml:"who_grants" default:"founder" oneof:"founder|operator" doc:"Who can give and take operator status with hierarchy = \"founder\": only the founder, or every operator."`
	Autojoin       []string `toml:"autojoin" example:"#lobby" max:"20" doc:"Channels that every new user joins automatically."`
	DefaultModes   string   `toml:"default_modes" default:"nt" max:"60" doc:"The modes of a new channel: {channel flags}. The reference explains them."`
	RenameRedirect Duration `toml:"rename_redirect" default:"10m" min:"0" max:"7d" doc:"How long the old name of a renamed channel leads to the new one and stays reserved; 0 means not at all."`
	RenameCooldown Duration `toml:"rename_cooldown" default:"0" min:"0" max:"7d" doc:"How long after a RENAME a channel cannot be renamed again; 0 means not at all."`
}

func (ch *Channels) check(c *checker, cfg *Config) {
	if c.modes("channels.ranks", &ch.Ranks, rankLetters()) {
		c.ranks(ch)
	}
	c.modes("channels.default_modes", &ch.DefaultModes, lettersOf(channelFlags()))
	c.autojoin(ch.Autojoin, cfg.Limits, state.Casemapping(cfg.Server.Casemapping))
}

func (c *checker) ranks(ch *Channels) {
	// PREFIX lists the highest rank first, whatever the order in the file.
	ch.Ranks = inOrder(ch.Ranks, rankLetters())
	for _, need := range "ov" {
		if !strings.ContainsRune(ch.Ranks, need) {
			c.report("channels.ranks", "must contain "+string(need))
		}
	}
	if ch.Hierarchy == HierarchyFounder && !strings.Contains(ch.Ranks, "q") {
		c.report("channels.ranks", "must contain q (founder), unless channels.hierarchy is \"classic\"")
	}
}

func (c *checker) autojoin(names []string, limits Limits, casemapping state.Casemapping) {
	const key = "channels.autojoin"
	if len(names) > limits.ChannelsPerUser {
		c.report(key, "lists more channels than limits.channels_per_user allows")
	}
	seen := map[string]bool{}
	for i, name := range names {
		at := c.at(key, i)
		switch folded := casemapping.Fold(name); {
		case !state.IsChannelName(name) || len(name) < 2:
			c.reportAt(at, "", "a channel name must start with #: "+strconv.Quote(name))
		case !state.ValidChannelName(name) || !printable(name):
			c.reportAt(at, "", "a channel name must not contain spaces, commas, colons, or control or invisible characters: "+strconv.Quote(name))
		case len(name) > limits.ChannelLength:
			c.reportAt(at, "", "is longer than limits.channel_length: "+strconv.Quote(name))
		case seen[folded]:
			c.reportAt(at, "", "is listed twice: "+strconv.Quote(name))
		default:
			seen[folded] = true
		}
	}
}
