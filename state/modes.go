package state

// ModeKind is how a channel mode takes parameters.
// https://modern.ircdocs.horse/#mode-message
type ModeKind byte

// The four kinds in CHANMODES, and ranks, which PREFIX lists.
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
	// param names the parameter in documents, "" for flags.
	param string
	// rank is the lowest rank that may set it; oper: only IRC operators may, in addition to the rank.
	rank Rank
	oper bool
	// secret: only members may see its parameter or list.
	secret bool
	// most is the bound of a list mode that has one of its own, otherwise 0.
	most int
	// lists are the numerics of a list mode, for an entry and for the end.
	lists [2]string
	// check judges a parameter and returns its normal form; ok=false refuses it, and why says what is wrong.
	check func(p *Policy, param string) (tidy, why string, ok bool)
	// test compiles an entry of a list of masks for users; nil: the list contains something else.
	test func(p *Policy, tidy string) *mask
	// parse converts a parameter in its normal form into the value that the effect needs; nil: the effect uses the
	// text.
	parse func(tidy string) any
	// allow returns why this member may not set or unset a value in its normal form; "": they may.
	allow func(s *State, by *Member, tidy string) (why string)

	// judges lists the attempts that the mode judges. While the mode is set, forbids is asked about them, unless the
	// actor has at least the rank exempt (NoRank: no member is exempt).
	judges  Doing
	forbids func(*attempt) bool
	exempt  Rank
	// did is informed of attempts that were allowed, and may act on them; see State.done.
	did func(*attempt) (stop bool)
	// deny explains a refusal, after the letter; "": the refusal names the rank exempt. A refused join has a numeric of
	// its own and needs no words.
	deny        string
	joinNumeric string
	// known reports whether the mode exists under this policy; nil: always. A mode that is set can always be unset.
	known func(*Policy) bool
	// restriction is the mode's name in an exemption (+X), which changes the rank that is exempt; "": exemptions are not
	// possible.
	restriction string

	help string
}

// channelModeTable holds every channel mode except ranks. MODE parsing, 004, CHANMODES, 324 and the answers use it.
var channelModeTable = []channelMode{
	{letter: 'b', name: "ban", kind: ListMode, param: "mask", rank: HalfOperator, lists: [2]string{"367", "368"}, check: checkMask, test: maskTest,
		judges: Joining | Speaking | ChangingNick, forbids: banForbids, exempt: Voice, deny: "you are banned", joinNumeric: "474",
		help: "Users who match a mask cannot join, and cannot speak unless they have a voice."},
	{letter: 'e', name: "exception", kind: ListMode, param: "mask", rank: Operator, secret: true, lists: [2]string{"348", "349"}, check: checkMask, test: maskTest,
		help: "Users who match a mask are exempt from bans."},
	{letter: 'I', name: "invite exception", kind: ListMode, param: "mask", rank: Operator, secret: true, lists: [2]string{"346", "347"}, check: checkMask, test: maskTest,
		help: "Users who match a mask can join without an invitation."},
	{letter: 'X', name: "exemption", kind: ListMode, param: "restriction:rank", rank: Operator, lists: [2]string{"954", "953"}, check: checkExemption,
		help: "Exempts a rank and above from a restriction; with * nobody is exempt. MODE +X with an unknown name lists the restrictions."},
	{letter: 'g', name: "filter", kind: ListMode, most: mostWords, param: "text", rank: Operator, secret: true, lists: [2]string{"941", "940"}, check: checkFilter,
		judges: Speaking, forbids: filterForbids, exempt: HalfOperator, deny: "the text has words that are not allowed here", restriction: "filter",
		help: "Messages that match are refused; case and colours make no difference. Text without * and ? matches anywhere in a message."},
	{letter: 'w', name: "rank on joining", kind: ListMode, param: "rank:mask", rank: Operator, lists: [2]string{"910", "911"}, check: checkAutoRank,
		test: autoRankTest, allow: allowAutoRank, judges: Entered, did: giveAutoRank,
		help: "Gives a rank to users who match a mask when they join: +w v:*!*@*.example."},
	{letter: 'k', name: "key", kind: AlwaysParam, param: "key", rank: Operator, secret: true, check: checkKey,
		judges: Joining, forbids: keyForbids, joinNumeric: "475",
		help: "Users need this key to join."},
	{letter: 'F', name: "flood profile", kind: SetParam, param: "profile", rank: Operator, check: checkFlood, parse: parseFlood,
		judges: Joining | Entered | Speaking | ChangingNick, forbids: floodForbids, did: countFlood, exempt: HalfOperator,
		deny: "flooding", joinNumeric: "437", restriction: "flood",
		help: "Acts on floods: relaxed, normal, strict, or rules such as [10m#m5,4r#b10,3n#k,15j#k]:15: limits on messages (m), repeats (r), nick changes (n) and joins (j) within a number of seconds; a user who exceeds a limit is kicked, or is muted or banned for that many minutes."},
	{letter: 'H', name: "history on joining", kind: SetParam, param: "lines:time", rank: Operator, check: checkReplay, parse: parseReplay,
		help: "Shows the latest messages to users who join: at most this many, and none older than the time, such as 20:1h."},
	{letter: 'L', name: "forward when full", kind: SetParam, param: "channel", rank: Operator, secret: true, check: checkForward, allow: allowForward,
		help: "Users who cannot join because of the limit (+l) are sent to that channel. Only its operators may name it."},
	{letter: 'W', name: "slow mode", kind: SetParam, param: "seconds", rank: Operator, check: checkSlow, parse: parseSeconds,
		judges: Speaking, forbids: slowForbids, exempt: Voice, did: noteSpoken, restriction: "slowmode", deny: "slow mode: only members may speak",
		help: "Members without a voice may send one message in this time: 10 (seconds), 2m."},
	{letter: 'f', name: "forward", kind: SetParam, param: "channel", rank: Operator, secret: true, check: checkForward, allow: allowForward,
		help: "Users who cannot join are sent to that channel. Only its operators may name it."},
	{letter: 'j', name: "join throttle", kind: SetParam, param: "joins:seconds", rank: Operator, check: checkRate, parse: parseRate,
		judges: Joining, forbids: throttleForbids, did: noteJoined, joinNumeric: "437",
		help: "Allows at most this many joins in a time: 5:10 (seconds), 5:2m."},
	{letter: 'l', name: "limit", kind: SetParam, param: "number", rank: Operator, check: checkLimit, parse: parseNumber,
		judges: Joining, forbids: limitForbids, joinNumeric: "471",
		help: "Allows at most this many members."},
	{letter: 'C', name: "no CTCP", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: ctcpForbids, deny: "CTCP is not allowed", restriction: "noctcp",
		help: "CTCP messages are refused, except /me."},
	{letter: 'D', name: "delayed joins", kind: FlagMode, rank: Operator,
		help: "New members stay hidden until they speak or get a rank. If they leave before that, nobody sees it."},
	{letter: 'E', name: "roleplay", kind: FlagMode, rank: Operator, known: func(p *Policy) bool { return p.Roleplay.Enabled },
		help: "Members can speak as characters with NPC and NPCA, and describe the scene with SCENE. Only on servers that have roleplay enabled."},
	{letter: 'K', name: "no KNOCK", kind: FlagMode, rank: Operator,
		judges: Knocking, forbids: always, deny: "KNOCK is not allowed",
		help: "KNOCK is refused."},
	{letter: 'N', name: "no nick changes", kind: FlagMode, rank: Operator,
		judges: ChangingNick, forbids: always, deny: "nick changes are not allowed", restriction: "nonick",
		help: "Members cannot change their nicks."},
	{letter: 'P', name: "permanent", kind: FlagMode, rank: Operator, oper: true,
		help: "The channel continues to exist when its last member leaves. The next user to join gets the rank of a creator."},
	{letter: 'Q', name: "no kicks", kind: FlagMode, rank: Operator,
		judges: Kicking, forbids: always, deny: "kicks are not allowed",
		help: "Nobody can be kicked."},
	{letter: 'S', name: "strip colours", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: stripForbids, deny: "the message is empty without its colours", restriction: "stripcolor",
		help: "Colours and formatting are removed from messages."},
	{letter: 'T', name: "no NOTICE", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: noticeForbids, deny: "notices are not allowed", restriction: "nonotice",
		help: "NOTICE to the channel is refused."},
	{letter: 'U', name: "op-moderated", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: opModeratedForbids, exempt: Voice, deny: "only members with a voice may speak", restriction: "opmoderated",
		help: "Messages from members without a voice reach only operators, even with +m."},
	{letter: 'c', name: "no colours", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: colourForbids, deny: "colours and formatting are not allowed", restriction: "blockcolor",
		help: "Messages with colours or formatting are refused."},
	{letter: 'i', name: "invite-only", kind: FlagMode, rank: Operator,
		judges: Joining, forbids: inviteForbids, joinNumeric: "473",
		help: "Users need an invitation to join, and only members and invited users can read the topic and metadata."},
	{letter: 'm', name: "moderated", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: moderatedForbids, exempt: Voice, deny: "only members with a voice may speak",
		help: "Only members with a voice or a higher rank may speak."},
	{letter: 'n', name: "no external messages", kind: FlagMode, rank: Operator,
		judges: Speaking, forbids: externalForbids, deny: "only members may speak",
		help: "Only members may speak."},
	{letter: 'p', name: "private", kind: FlagMode, rank: Operator,
		help: "The channel is hidden from LIST, and from others' NAMES, WHO and WHOIS."},
	{letter: 'u', name: "auditorium", kind: FlagMode, rank: Operator,
		help: "Members see only half-operators and above, who see everyone."},
	{letter: 's', name: "secret", kind: FlagMode, rank: Operator,
		help: "The channel is hidden from everyone outside it: they get the same answers as if it did not exist."},
	{letter: 't', name: "protected topic", kind: FlagMode, rank: Operator,
		judges: SettingTopic, forbids: always, exempt: HalfOperator, restriction: "topiclock",
		help: "Only half-operators and above may set the topic."},
	{letter: ClosedHistory, name: "history since joining", kind: FlagMode, rank: Operator,
		help: "Members can read only the history since they joined. What was said before stays closed to them when the mode is unset."},
}

// userMode is one row of the table of user modes.
type userMode struct {
	letter byte
	name   string
	// set and unset: users may do so themselves. Otherwise only the server does.
	set, unset bool
	// oper: only IRC operators may set it.
	oper bool
	// hears reports whether a user with the mode receives a message. If not, deny explains the refusal.
	hears func(*whisper) bool
	deny  string
	help  string
	// change sets and unsets a mode with rules of its own, and returns what has changed.
	change func(u *User, c ModeChange) ([]ModeChange, *Refusal)
	// param: setting it takes the next parameter, if there is one.
	param bool
}

// userModeTable holds every user mode.
var userModeTable = []userMode{
	{letter: 'B', name: "bot", set: true, unset: true,
		help: "Marks a bot."},
	{letter: 'D', name: "deaf", set: true, unset: true,
		help: "Receives no channel messages."},
	{letter: 'H', name: "hidden operator", set: true, unset: true, oper: true,
		help: "Hides from others that the user is an IRC operator. Only for IRC operators."},
	{letter: 'I', name: "hidden channels", set: true, unset: true,
		help: "Hides the user's channels in WHOIS and WHO from everyone except IRC operators."},
	{letter: 'R', name: "registered only", set: true, unset: true, hears: hearsRegistered, deny: "only users who are logged in may message this user",
		help: "Only users who are logged in or on the ACCEPT list may message the user."},
	{letter: 'T', name: "no CTCP", set: true, unset: true, hears: hearsNoCTCP, deny: "this user does not accept CTCP",
		help: "CTCP messages to the user are refused, except /me and those of users on the ACCEPT list."},
	{letter: 'Z', name: "secure",
		help: "All of the user's connections are encrypted. Set by the server."},
	{letter: 'c', name: "common channels", set: true, unset: true, hears: hearsCommon, deny: "only users who share a channel may message this user",
		help: "Only users who share a channel or are on the ACCEPT list may message the user."},
	{letter: 'g', name: "caller id", set: true, unset: true, hears: hearsNobody,
		help: "Only users on the ACCEPT list may message the user, who is notified of attempts. Users that they message are added to the list."},
	{letter: 'i', name: "invisible", set: true, unset: true,
		help: "Hides the user in WHO and NAMES, and their channels in WHOIS, from users who share no channel with them."},
	{letter: 'o', name: "IRC operator", unset: true,
		help: "Set by OPER; users may remove it themselves."},
	{letter: 's', name: "server notices", param: true, change: changeServerNotices,
		help: "Receives server notices of these kinds: MODE <nick> +s [<letters>]; HELP SNOMASKS lists them. Only for IRC operators."},
	{letter: 'w', name: "wallops", set: true, unset: true,
		help: "Receives WALLOPS."},
}
