package commands

import (
	"slices"
	"strings"

	"bavard/config"
	"bavard/state"
)

// isupportTokens returns the tokens of 005 in alphabetical order, from the tables, the policy and the configuration.
// https://modern.ircdocs.horse/#rplisupport-parameters
func isupportTokens(cfg *config.Config, p *state.Policy) []string {
	letters, prefixes := rankLetters(p)
	lists := modeLetters(p, state.ListMode)
	targets := itoa(cfg.Limits.Targets)
	tokens := []string{
		"AWAYLEN=" + itoa(p.AwayBytes),
		"BOT=B",
		"CALLERID=g",
		"CASEMAPPING=" + string(p.Casemapping),
		"CHANLIMIT=" + state.ChannelTypes + ":" + itoa(p.ChannelsPerUser),
		"CHANMODES=" + lists + "," + modeLetters(p, state.AlwaysParam) + "," + modeLetters(p, state.SetParam) + "," + modeLetters(p, state.FlagMode),
		"CHANNELLEN=" + itoa(p.ChannelBytes),
		"CHANTYPES=" + state.ChannelTypes,
		"ELIST=CMNTU",
		"EXCEPTS=e",
		"DEAF=D",
		"SILENCE=" + itoa(state.SilenceEntries),
		"EXTBAN=" + extbanToken(),
		"ACCOUNTEXTBAN=a", // https://ircv3.net/specs/extensions/account-extban
		"HOSTLEN=" + itoa(cfg.Limits.HostLength),
		"INVEX=I",
		"KEYLEN=" + itoa(p.KeyBytes),
		"KICKLEN=" + itoa(p.KickBytes),
		"MAXLIST=" + maxlist(p.ListEntries),
		"MAXTARGETS=" + targets,
		"MODES=" + itoa(cfg.Limits.ModesPerLine),
		"MONITOR=" + itoa(cfg.Limits.Monitor),
		"NAMELEN=" + itoa(p.RealnameBytes),
		"NETWORK=" + isupportValue(cfg.Server.Network),
		"NICKLEN=" + itoa(p.NickBytes),
		"PREFIX=(" + letters + ")" + prefixes,
		"STATUSMSG=" + prefixes,
		"TARGMAX=" + targmax(targets, itoa(p.ChannelsPerUser)),
		"TOPICLEN=" + itoa(p.TopicBytes),
		"USERLEN=" + itoa(p.UserBytes),
		"WHOX",
	}
	// https://gist.github.com/DanielOaks/420d14efbbcda93a7d7e1dc00bf7dc25
	if p.Roleplay.Enabled {
		tokens = append(tokens, "RPCHAN=E")
	}
	// https://ircv3.net/specs/extensions/network-icon
	if cfg.Server.Icon != "" {
		tokens = append(tokens, "draft/ICON="+isupportValue(cfg.Server.Icon))
	}
	// https://ircv3.net/specs/extensions/message-tags#rpl_isupport-tokens
	if deny := cfg.Server.ClientTagDeny; len(deny) > 0 {
		tokens = append(tokens, "CLIENTTAGDENY="+strings.Join(deny, ","))
	}
	if cfg.Server.UTF8Only {
		tokens = append(tokens, "UTF8ONLY")
	}
	// https://ircv3.net/specs/extensions/chathistory#isupport-tokens
	if cfg.History.LinesPerChannel > 0 {
		tokens = append(tokens, "CHATHISTORY="+itoa(cfg.History.LinesPerRequest), "MSGREFTYPES=msgid,timestamp")
	}
	slices.Sort(tokens)
	return tokens
}

// maxlist: https://modern.ircdocs.horse/#maxlist-parameter
func maxlist(entries int) string {
	together, apart := "", ""
	for _, m := range state.ChannelModes() {
		switch {
		case m.Kind != state.ListMode:
		case m.Most > 0:
			apart += "," + string(rune(m.Letter)) + ":" + itoa(min(m.Most, entries))
		default:
			together += string(rune(m.Letter))
		}
	}
	return together + ":" + itoa(entries) + apart
}

// extbanToken: https://modern.ircdocs.horse/#extban-parameter
func extbanToken() string {
	prefix, list := state.Extbans()
	token := string(rune(prefix)) + ","
	for _, e := range list {
		token += string(rune(e.Letter))
	}
	return token
}

// targmax returns the value of TARGMAX: the commands that take several targets, and how many. A command without a
// number takes any number of targets.
// https://modern.ircdocs.horse/#targmax-parameter
func targmax(most, channels string) string {
	return "INVITE:1,ISON:,JOIN:" + channels + ",KICK:" + most + ",LIST:" + most + ",NAMES:" + most + ",NOTICE:" + most + ",PART:" + channels +
		",PRIVMSG:" + most + ",TAGMSG:" + most + ",USERHOST:" + itoa(mostUserhosts) + ",WHOIS:1,WHOWAS:1"
}

// isupportValue escapes characters that a value may not contain.
// https://modern.ircdocs.horse/#rplisupport-005
func isupportValue(text string) string {
	return strings.NewReplacer(`\`, `\x5C`, " ", `\x20`, "=", `\x3D`).Replace(text)
}

func rankLetters(p *state.Policy) (letters, prefixes string) {
	for _, r := range p.RankList() {
		letters += string(rune(r.Letter))
		prefixes += string(rune(r.Prefix))
	}
	return letters, prefixes
}

// modeLetters returns the channel modes of these kinds, in the table's order.
func modeLetters(p *state.Policy, kinds ...state.ModeKind) string {
	letters := ""
	for _, m := range p.KnownChannelModes() {
		if slices.Contains(kinds, m.Kind) {
			letters += string(rune(m.Letter))
		}
	}
	return letters
}

// myInfo: https://modern.ircdocs.horse/#rplmyinfo-004
func myInfo(p *state.Policy, server, version string) []string {
	users := ""
	for _, m := range state.UserModes() {
		users += string(rune(m.Letter))
	}
	ranks, _ := rankLetters(p)
	all := modeLetters(p, state.ListMode, state.AlwaysParam, state.SetParam, state.FlagMode) + ranks
	return []string{server, strings.ReplaceAll(version, " ", "-"), users, sorted(all), sorted(modeLetters(p, state.ListMode, state.AlwaysParam, state.SetParam) + ranks)}
}

func sorted(letters string) string {
	b := []byte(letters)
	slices.Sort(b)
	return string(b)
}

// isupportLines puts tokens on as few lines as possible, with at most 13 tokens and room bytes on each.
// https://modern.ircdocs.horse/#rplisupport-005
func isupportLines(tokens []string, room int) []numeric {
	const text, most = "are supported by this server", 13
	var lines []numeric
	room -= len(text)
	for len(tokens) > 0 {
		n, used := 0, 0
		for n < len(tokens) && n < most && used+1+len(tokens[n]) <= room {
			used += 1 + len(tokens[n])
			n++
		}
		n = max(n, 1)
		lines = append(lines, rplIsupport.with(append(slices.Clone(tokens[:n]), text)...))
		tokens = tokens[n:]
	}
	return lines
}

// tellSupported sends these tokens.
// https://ircv3.net/specs/extensions/extended-isupport#draftisupport-batch
func (c *Client) tellSupported(out *outbox, tokens []string) {
	lines := isupportLines(tokens, c.room("005"))
	if !c.has(capExtendedISupport) {
		for _, n := range lines {
			c.numeric(out, n)
		}
		return
	}
	b := c.openBatch(out, "draft/isupport")
	for _, n := range lines {
		b.numeric(n)
	}
	b.end()
}

// tellAllSupported sends all tokens.
func (c *Client) tellAllSupported(out *outbox) {
	if v := c.view(); c.has(capExtendedISupport) {
		c.tellSupported(out, v.tokens)
	} else {
		c.fixed(out, v.isupport)
	}
}

// runIsupport: https://ircv3.net/specs/extensions/extended-isupport#isupport-command
func runIsupport(c *Call) {
	if c.registration != nil && !c.has(capExtendedISupport) {
		c.reply(errNotRegistered.with())
		return
	}
	c.tellAllSupported(&c.out)
}

// changedTokens returns the new and changed tokens, and the negation of those that are gone.
// https://modern.ircdocs.horse/#rplisupport-005
func changedTokens(old, now []string) []string {
	var changed []string
	for _, token := range now {
		if !slices.Contains(old, token) {
			changed = append(changed, token)
		}
	}
	for _, token := range old {
		name, _, _ := strings.Cut(token, "=")
		if !slices.ContainsFunc(now, func(t string) bool { n, _, _ := strings.Cut(t, "="); return n == name }) {
			changed = append(changed, "-"+name)
		}
	}
	return changed
}
