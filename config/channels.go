package config

import (
	"strconv"
	"strings"
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

// The letters that options may name.
const (
	rankLetters        = "qaohv"
	channelModeLetters = "imnpstucCDEKNQSTU"
	userModeLetters    = "iwcgDIRT"
)

// Users says how users start.
type Users struct {
	DefaultModes string `toml:"default_modes" default:"i" max:"10" doc:"The user modes that everybody starts with: i (hidden from strangers), w (hears WALLOPS), c (hears only who shares a channel), g (hears only whom he accepts), R (hears only who is logged in), T (no CTCP), I (hides his channels), D (deaf to channels)."`
}

func (u *Users) check(c *checker) {
	c.letters("users.default_modes", &u.DefaultModes, userModeLetters)
}

// Channels holds the rules of channels.
type Channels struct {
	Ranks          string   `toml:"ranks" default:"qov" min:"1" max:"5" doc:"The ranks in use, as mode letters: q founder, a admin, o operator, h half-operator, v voice. o and v are always among them, and q in the founder's hierarchy."`
	Hierarchy      string   `toml:"hierarchy" default:"founder" oneof:"founder|classic" doc:"With 'founder', whoever creates a channel is its founder and stands above its operators. With 'classic', he is a plain operator, and operators are equals."`
	WhoGrants      string   `toml:"who_grants" default:"founder" oneof:"founder|operator" doc:"Who may give and take the rank of operator in the founder's hierarchy: the founder alone, or every operator."`
	Autojoin       []string `toml:"autojoin" example:"#lobby" max:"20" doc:"Channels that every new user is put into."`
	DefaultModes   string   `toml:"default_modes" default:"nt" max:"30" doc:"The modes of a new channel, of those without a parameter: i (by invitation), m (moderated), n (no messages from outside), p (private), s (secret), t (topic by ranks only), u (members see only ranks), D (joins are shown late), c (no colours), S (colours are taken out), C (no CTCP), T (no notices), K (no KNOCK), N (no nick changes), Q (no kicks), U (operators hear who has no voice), E (roleplay, if there is any)."`
	RenameRedirect Duration `toml:"rename_redirect" default:"10m" min:"0" max:"7d" doc:"How long the old name of a renamed channel leads to the new one, and is kept free. 0 is not at all."`
	RenameCooldown Duration `toml:"rename_cooldown" default:"0" min:"0" max:"7d" doc:"How long a channel that was renamed keeps its name at least. 0 is not at all."`
}

func (ch *Channels) check(c *checker, limits Limits) {
	if c.letters("channels.ranks", &ch.Ranks, rankLetters) {
		c.ranks(ch)
	}
	c.letters("channels.default_modes", &ch.DefaultModes, channelModeLetters)
	c.autojoin(ch.Autojoin, limits)
}

func (c *checker) ranks(ch *Channels) {
	// The order of rank is the order of PREFIX, whatever the order in the file.
	ch.Ranks = inOrder(ch.Ranks, rankLetters)
	for _, need := range "ov" {
		if !strings.ContainsRune(ch.Ranks, need) {
			c.report("channels.ranks", "must contain "+string(need))
		}
	}
	if ch.Hierarchy == HierarchyFounder && !strings.Contains(ch.Ranks, "q") {
		c.report("channels.ranks", "must contain q (founder), unless channels.hierarchy is \"classic\"")
	}
}

func (c *checker) autojoin(names []string, limits Limits) {
	const key = "channels.autojoin"
	if len(names) > limits.ChannelsPerUser {
		c.report(key, "names more channels than limits.channels_per_user allows")
	}
	seen := map[string]bool{}
	for i, name := range names {
		at := c.at(key, i)
		switch folded := strings.ToLower(name); {
		case !strings.HasPrefix(name, "#") || len(name) < 2:
			c.reportAt(at, "", "a channel's name starts with #: "+strconv.Quote(name))
		case strings.ContainsAny(name, " ,:") || !printable(name):
			c.reportAt(at, "", "a channel's name has no spaces, commas, colons or control characters: "+strconv.Quote(name))
		case len(name) > limits.ChannelLength:
			c.reportAt(at, "", "is longer than limits.channel_length: "+strconv.Quote(name))
		case seen[folded]:
			c.reportAt(at, "", "is named twice: "+strconv.Quote(name))
		default:
			seen[folded] = true
		}
	}
}
