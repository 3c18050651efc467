package state

// ModeKind says how a channel mode takes parameters.
// https://modern.ircdocs.horse/#mode-message
type ModeKind byte

// The four kinds of CHANMODES, and ranks, which PREFIX lists.
const (
	ListMode    ModeKind = 'A' // a list of masks
	AlwaysParam ModeKind = 'B' // a parameter to set and to unset
	SetParam    ModeKind = 'C' // a parameter to set only
	FlagMode    ModeKind = 'D' // no parameter
	RankMode    ModeKind = 'P' // a member's rank
)

// channelMode is one row of the table of channel modes.
type channelMode struct {
	letter byte
	name   string
	kind   ModeKind
	// param names the parameter for documents, "" for flags.
	param string
	// rank is the lowest that may set it; oper: an IRC operator besides, whatever his rank.
	rank Rank
	oper bool
	// secret: its parameter or its list is for members only.
	secret bool
	// most bounds a list mode more narrowly than all lists together are; 0: it does not.
	most int
	// lists are the numerics of a list mode: one entry, and the end.
	lists [2]string
	// check judges and tidies a parameter; "" with ok=false refuses it, and why says what is wrong.
	check func(p *Policy, param string) (tidy, why string, ok bool)
	// test compiles an entry of a list that covers users; nil: the list is of something else.
	test func(p *Policy, tidy string) *mask
	// parse is what the effect needs of a parameter that check has tidied; nil: the text will do.
	parse func(tidy string) any
	// allow tells why this member may not set or unset a value that check has tidied; "": he may.
	allow func(s *State, by *Member, tidy string) (why string)

	// judges is what the mode's effect is about. Then, while the mode is set, forbids is asked, unless the actor has
	// the rank exempt (NoRank: nobody is exempt).
	judges  Doing
	forbids func(*attempt) bool
	exempt  Rank
	// did is told of what passed, and may act on it, see State.done.
	did func(*attempt) (stop bool)
	// deny are the words of a refusal, with the letter before them; "": the refusal names the rank exempt. A refused
	// join has its own numeric, which tells what is wrong without words.
	deny        string
	joinNumeric string
	// known tells whether there is such a mode at all, under this policy; nil: always. One that is set may always be unset.
	known func(*Policy) bool
	// switched is told of a flag that was set or unset.
	switched func(s *State, c *Channel, on bool)
	// restriction is the name under which an exemption (+X) may move the rank that is exempt; "": none may.
	restriction string

	help string
}

// channelModeTable: every channel mode that is no rank. MODE parsing, 004, CHANMODES, 324 and the answers follow.
var channelModeTable = []channelMode{
	{letter: 'b', name: "ban", kind: ListMode, param: "mask", rank: HalfOperator, lists: [2]string{"367", "368"}, check: checkMask, test: maskTest,
		judges: Joining | Speaking | ChangingNick, forbids: banForbids, exempt: Voice, deny: "you are banned", joinNumeric: "474",
		help: "Whoever matches a mask may neither join nor, unless voiced, speak."},
	{letter: 'e', name: "exception", kind: ListMode, param: "mask", rank: Operator, secret: true, lists: [2]string{"348", "349"}, check: checkMask, test: maskTest,
		help: "Whoever matches a mask is exempt from bans."},
	{letter: 'I', name: "invite exception", kind: ListMode, param: "mask", rank: Operator, secret: true, lists: [2]string{"346", "347"}, check: checkMask, test: maskTest,
		help: "Whoever matches a mask needs no invitation."},
	{letter: 'X', name: "exemption", kind: ListMode, param: "restriction:rank", rank: Operator, lists: [2]string{"954", "953"}, check: checkExemption,
		help: "From that rank on a restriction does not bind; with * it binds all. MODE +X with a wrong name lists the restrictions."},
	{letter: 'g', name: "filter", kind: ListMode, most: mostWords, param: "text", rank: Operator, secret: true, lists: [2]string{"941", "940"}, check: checkFilter,
		judges: Speaking, forbids: filterForbids, exempt: HalfOperator, deny: "it has words that are not wanted here", restriction: "filter",
		help: "What matches is refused, whatever its case and colours. Text without * and ? matches anywhere."},
	{letter: 'w', name: "rank on joining", kind: ListMode, param: "rank:mask", rank: Operator, lists: [2]string{"910", "911"}, check: checkAutoRank,
		test: autoRankTest, allow: allowAutoRank, judges: Entered, did: giveAutoRank,
		help: "Whoever matches a mask gets the rank when he joins: +w v:*!*@*.example."},
	{letter: 'k', name: "key", kind: AlwaysParam, param: "key", rank: Operator, secret: true, check: checkKey,
		judges: Joining, forbids: keyForbids, joinNumeric: "475",
		help: "Joining takes this key."},
	{letter: 'F', name: "flood profile", kind: SetParam, param: "profile", rank: Operator, check: checkFlood, parse: parseFlood,
		judges: Joining | Entered | Speaking | ChangingNick, forbids: floodForbids, did: countFlood, exempt: HalfOperator,
		deny: "flooding", joinNumeric: "437", restriction: "flood",
		help: "Acts on floods: relaxed, normal, strict, or rules such as [10m#m5,4r#b10,3n#k,15j#k]:15: so many messages, repeats, nick changes or joins in so many seconds are too many; mute, kick or ban, for so many minutes."},
	{letter: 'H', name: "history on joining", kind: SetParam, param: "lines:time", rank: Operator, check: checkReplay, parse: parseReplay,
		help: "Who joins is shown the last messages: so many, and not older than the time, such as 20:1h."},
	{letter: 'L', name: "forward when full", kind: SetParam, param: "channel", rank: Operator, check: checkForward, allow: allowForward,
		help: "Whom the limit (+l) keeps out is taken to that channel. Its operators may set it."},
	{letter: 'W', name: "slow mode", kind: SetParam, param: "seconds", rank: Operator, check: checkSlow, parse: parseSeconds,
		judges: Speaking, forbids: slowForbids, exempt: Voice, did: noteSpoken, restriction: "slowmode", deny: "slow mode: only members speak",
		help: "A member without a voice sends one message in so many seconds."},
	{letter: 'f', name: "forward", kind: SetParam, param: "channel", rank: Operator, check: checkForward, allow: allowForward,
		help: "Whoever may not join is taken to that channel. Its operators may set it."},
	{letter: 'j', name: "join throttle", kind: SetParam, param: "joins:seconds", rank: Operator, check: checkRate, parse: parseRate,
		judges: Joining, forbids: throttleForbids, did: noteJoined, joinNumeric: "437",
		help: "At most so many joins in so many seconds."},
	{letter: 'l', name: "limit", kind: SetParam, param: "number", rank: Operator, check: checkLimit, parse: parseNumber,
		judges: Joining, forbids: limitForbids, joinNumeric: "471",
		help: "At most so many members."},
	{letter: 'C', name: "no CTCP", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: ctcpForbids, deny: "no CTCP", restriction: "noctcp",
		help: "No CTCP to the channel, but for /me."},
	{letter: 'D', name: "delayed joins", kind: FlagMode, rank: Operator, switched: delayedSwitched,
		help: "Who joins is not seen before he speaks or gets a rank; who leaves without a word was never seen."},
	{letter: 'E', name: "roleplay", kind: FlagMode, rank: Operator, known: func(p *Policy) bool { return p.Roleplay.Enabled },
		help: "Members speak as characters with NPC and NPCA, and tell of the scene with SCENE. Only where the server has roleplay."},
	{letter: 'K', name: "no KNOCK", kind: FlagMode, rank: Operator,
		judges: Knocking, forbids: always, deny: "nobody knocks here",
		help: "Nobody asks for an invitation with KNOCK."},
	{letter: 'N', name: "no nick changes", kind: FlagMode, rank: Operator,
		judges: ChangingNick, forbids: always, deny: "members keep their nicks", restriction: "nonick",
		help: "Members do not change their nicks."},
	{letter: 'P', name: "permanent", kind: FlagMode, rank: Operator, oper: true,
		help: "The channel stays when the last member leaves; who joins it then is as one who creates it."},
	{letter: 'Q', name: "no kicks", kind: FlagMode, rank: Operator,
		judges: Kicking, forbids: always, deny: "nobody is kicked here",
		help: "Nobody is kicked."},
	{letter: 'S', name: "strip colours", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: stripForbids, deny: "nothing is left without colours", restriction: "stripcolor",
		help: "Colours and formatting are taken out of what is said."},
	{letter: 'T', name: "no NOTICE", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: noticeForbids, deny: "no notices", restriction: "nonotice",
		help: "No NOTICE to the channel."},
	{letter: 'U', name: "op-moderated", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: opModeratedForbids, exempt: Voice, deny: "only voiced members speak", restriction: "opmoderated",
		help: "What members without a voice say reaches operators only; with +m too."},
	{letter: 'c', name: "no colours", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: colourForbids, deny: "no colours or formatting", restriction: "blockcolor",
		help: "What has colours or formatting is refused."},
	{letter: 'i', name: "invite-only", kind: FlagMode, rank: Operator,
		judges: Joining, forbids: inviteForbids, joinNumeric: "473",
		help: "Joining takes an invitation."},
	{letter: 'm', name: "moderated", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: moderatedForbids, exempt: Voice, deny: "only voiced members speak",
		help: "Only voiced members and those above speak."},
	{letter: 'n', name: "no external messages", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: externalForbids, deny: "only members speak",
		help: "Only members speak."},
	{letter: 'p', name: "private", kind: FlagMode, rank: Operator,
		help: "The channel shows in no LIST, and its members in NAMES, WHO and WHOIS only to members."},
	{letter: 'u', name: "auditorium", kind: FlagMode, rank: Operator, switched: auditoriumSwitched,
		help: "Members see only those with a rank from half-operator up, who see all."},
	{letter: 's', name: "secret", kind: FlagMode, rank: Operator,
		help: "The channel shows in no list, and in WHOIS only to members."},
	{letter: 't', name: "protected topic", kind: FlagMode, rank: Operator,
		judges: SettingTopic, forbids: always, exempt: HalfOperator, restriction: "topiclock",
		help: "Only half-operators and those above set the topic."},
}

// userMode is one row of the table of user modes.
type userMode struct {
	letter byte
	name   string
	// set and unset tell whether the user may do so himself; otherwise the server does.
	set, unset bool
	// oper: only IRC operators set it.
	oper bool
	// hears judges a message to a user who has the mode; when it is refused, deny says what for.
	hears func(*whisper) bool
	deny  string
	help  string
	// change sets and unsets a mode that has rules of its own, and tells what has changed.
	change func(u *User, c ModeChange) ([]ModeChange, *Refusal)
	// param: a change to set it takes the next parameter, if there is one.
	param bool
}

// userModeTable: every user mode.
var userModeTable = []userMode{
	{letter: 'B', name: "bot", set: true, unset: true,
		help: "Marks a bot."},
	{letter: 'D', name: "deaf", set: true, unset: true,
		help: "Hears nothing of what is said in channels."},
	{letter: 'H', name: "hidden operator", set: true, unset: true, oper: true,
		help: "Others do not see that the user is an IRC operator. For IRC operators."},
	{letter: 'I', name: "hidden channels", set: true, unset: true,
		help: "WHOIS and WHO show the user's channels to nobody, IRC operators apart."},
	{letter: 'R', name: "registered only", set: true, unset: true, hears: hearsRegistered, deny: "only who is logged in may write to this user",
		help: "Only users who are logged in may write to the user."},
	{letter: 'T', name: "no CTCP", set: true, unset: true, hears: hearsNoCTCP, deny: "no CTCP to this user",
		help: "No CTCP to the user, but for /me."},
	{letter: 'Z', name: "secure",
		help: "Every connection of the user is encrypted; the server sets it."},
	{letter: 'c', name: "common channels", set: true, unset: true, hears: hearsCommon, deny: "only who shares a channel may write to this user",
		help: "Only those who share a channel may write to the user."},
	{letter: 'g', name: "caller id", set: true, unset: true, hears: hearsAccepted,
		help: "Only those on the user's ACCEPT list may write to him; he is told who tries. Whom he writes to is put on it."},
	{letter: 'i', name: "invisible", set: true, unset: true,
		help: "Seen in WHO and NAMES only by those who share a channel."},
	{letter: 'o', name: "IRC operator", unset: true,
		help: "Set by OPER; may be given up."},
	{letter: 's', name: "server notices", param: true, change: changeServerNotices,
		help: "Receives server notices of these kinds: MODE <nick> +s [<letters>]; HELP SNOMASKS lists them. For IRC operators."},
	{letter: 'w', name: "wallops", set: true, unset: true,
		help: "Receives WALLOPS."},
}
