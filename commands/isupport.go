package commands

import (
	"slices"
	"strconv"
	"strings"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// policyOf is the part of the configuration that the state judges by. Texts that would not fit into a line with the
// longest names there may be are bounded by what does: what 005 promises holds.
func policyOf(cfg *config.Config) state.Policy {
	multilineBytes, multilineLines := cfg.Multiline()
	limits, channels := &cfg.Limits, &cfg.Channels
	source := limits.NickLength + limits.UserLength + limits.HostLength + len(":!@ ")
	line := wire.MaxLineBytes - len("\r\n")
	return state.Policy{
		Casemapping: state.Casemapping(cfg.Server.Casemapping), Ranks: channels.Ranks,
		Classic:        channels.Hierarchy == config.HierarchyClassic,
		OperatorsGrant: channels.WhoGrants == config.GrantsOperator,
		ChannelModes:   channels.DefaultModes, UserModes: cfg.Users.DefaultModes,
		NickBytes: limits.NickLength, UserBytes: limits.UserLength, RealnameBytes: limits.RealnameLength,
		ChannelBytes: limits.ChannelLength, KeyBytes: limits.KeyLength, ChannelsPerUser: limits.ChannelsPerUser,
		TopicBytes:  min(limits.TopicLength, line-source-len("TOPIC  :")-limits.ChannelLength),
		KickBytes:   min(limits.KickLength, line-source-len("KICK   :")-limits.ChannelLength-limits.NickLength),
		AwayBytes:   min(limits.AwayLength, line-source-len("AWAY :"), line-len(":  301   :")-len(cfg.Server.Name)-2*limits.NickLength),
		MaskBytes:   min(200, line-len(":  367     1234567890")-len(cfg.Server.Name)-limits.NickLength-limits.ChannelLength-source),
		ListEntries: limits.ListEntries, InvitesPerUser: limits.InvitesPerUser, WhowasEntries: limits.WhowasEntries,
		RenameRedirect: int64(channels.RenameRedirect), RenameCooldown: int64(channels.RenameCooldown),
		ServerBans: cfg.Bans.Entries, BanPercent: cfg.Bans.MostHit,
		Defcon4: measures(cfg.Defcon.Level4), Defcon3: measures(cfg.Defcon.Level3),
		Defcon2: measures(cfg.Defcon.Level2), Defcon1: measures(cfg.Defcon.Level1),
		MetadataKeys: cfg.Metadata.MaxKeys, MetadataKeyBytes: cfg.Metadata.MaxKeyBytes,
		MetadataValueBytes: metadataValueBytes(cfg), MetadataAllowed: cfg.Metadata.AllowedKeys,
		Relay: relayingOf(cfg), Roleplay: state.Roleplaying{Enabled: cfg.Roleplay.Enabled, Rank: state.RankNamed(cfg.Roleplay.Who), Suffix: cfg.Roleplay.Suffix},
		ReadMarkers: limits.ReadMarkers, AccountReadMarkers: limits.AccountReadMarkers, RedactWindow: int64(cfg.Messages.RedactWindow),
		FilterScore: cfg.Filter.Score, FilterWindow: int64(cfg.Filter.Window),
		MultilineBytes: multilineBytes, MultilineLines: multilineLines,
	}
}

// isupportTokens computes what 005 advertises, in alphabetical order: from the tables and the policy, and from the
// configuration what is this server's own.
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
		"TARGMAX=" + targmax(targets),
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

// targmax: the commands that take several targets; those without a number take any.
func targmax(most string) string {
	return "INVITE:1,ISON:,JOIN:,KICK:" + most + ",LIST:" + most + ",NAMES:" + most + ",NOTICE:" + most + ",PART:,PRIVMSG:" + most +
		",TAGMSG:" + most + ",USERHOST:5,WHOIS:1,WHOWAS:1"
}

// isupportValue escapes what may not stand in a value.
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

// modeLetters are the channel modes of these kinds, in the table's order.
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

// isupportLines are tokens on as few lines as it takes: at most 13 and room bytes on each.
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

// tellSupported queues these tokens.
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

// tellAllSupported queues all tokens.
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

// changedTokens are the tokens that are new or other, and the negation of those that are gone.
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

// install puts a configuration in force, whose policy the state has already. Under the lock, or before there is anybody.
func (s *Server) install(cfg *config.Config) {
	policy := s.state.Policy()
	s.config = cfg
	s.isupport = isupportTokens(cfg, policy)
	v := &view{config: cfg, name: cfg.Server.Name, policy: *policy}
	v.motd, v.rules, v.operMotd = textLines(cfg.Server.MOTD), textLines(cfg.Server.Rules), textLines(cfg.Server.OperMOTD)
	v.tokens = s.isupport
	if s.options.Accounts != nil {
		v.mechanisms = s.options.Accounts.Mechanisms()
	}
	v.fix(s, s.isupport)
	s.view.Store(v)
}

// textLines are the lines of a long text, each short enough to fit into a line whatever the names in it.
func textLines(text string) (lines []string) {
	if text == "" {
		return nil
	}
	const mostBytes = 350
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, wrap(line, mostBytes)...)
	}
	return lines
}

// Reload puts another configuration in force: policy, limits, MOTD, opers. Everybody who is connected stays, and learns
// which advertised features have changed.
func (s *Server) Reload(cfg *config.Config) {
	var out outbox
	defer s.flush(&out)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.History.SetLimits(cfg.History.Bounds())
	if !cfg.History.Private { // whoever ends that does not want what was said before to be there either
		s.options.History.DropConversations()
	}
	s.config = cfg
	s.apply(&out, nil, 0, &state.Configure{Policy: policyOf(cfg)})
	s.judgeOpers(&out)
}

// configured: the new policy is in force; clients learn what they have to know before they see what it does.
func (r *renderer) configured() {
	s := r.server
	before, viewBefore := s.isupport, s.view.Load()
	s.install(s.config)
	s.capsChanged(r.out, viewBefore, s.view.Load())
	changed := changedTokens(before, s.isupport)
	if len(changed) == 0 {
		return
	}
	for _, u := range s.state.Users() {
		eachSessionOf(u, func(c *Client) {
			c.tellSupported(r.out, changed)
		})
	}
}
