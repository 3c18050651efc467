package commands

import (
	"slices"

	"bavard/state"
)

// when says in which part of its life a session may use a command.
type when byte

const (
	afterWelcome when = iota
	beforeWelcome
	always
)

// command is one row of the table of verbs.
type command struct {
	verb string
	run  func(*Call)
	// params is how many parameters it needs at least.
	params int
	// ends: without them, or when it is too long, the connection ends. Else a gateway's client would be let in as if he were
	// at the gateway's address.
	ends bool
	// tooLong answers a line of this command that is too long, if it has more to say than 417; nil: it has not.
	tooLong func(c *Client) (answered bool)
	when    when
	// privilege: only IRC operators who have it; 0: everybody.
	privilege state.Privilege
	// anyBytes: what is not relayed need not be UTF-8. A QUIT must not fail, and a PING is answered with its own bytes.
	anyBytes bool
	// text is the parameter, counted from 1, that is a text: it takes all words that follow, because people who type by hand
	// write no colon; 0: there is none. The content filter looks at it. spare: the command works without it.
	text  int
	spare bool
	// current: the channel, the first parameter, may be left out, and the current one is meant.
	current bool
	// shunned: also for who is shunned; what else he says is dropped.
	shunned bool
	// cost in units of the flood account; a line of ordinary talk is 1.
	cost float64
	// known tells whether there is such a command for this client, under this configuration; nil: always.
	known func(c *Client) bool
	// needs are the capabilities that a client must have asked for; 0: none. Where the server does not offer them there is no
	// such command.
	needs capSet
	// syntax and help are one line each, for HELP and the documents.
	syntax, help string
	// index is the row's place in verbs.
	index int
}

// table: every verb. The gate, HELP, flood control and the documents follow from it. It is filled by init because
// HELP, which is in it, reads it.
var table map[string]*command

// verbs are the rows in the order of the documents.
var verbs []command

func init() {
	verbs = slices.Concat(connectionCommands(), channelCommands(), messageCommands(), peopleCommands(), serverCommands(), operCommands(), banCommands(),
		overrideCommands(), personCommands(), infoCommands(), relayCommands())
	table = make(map[string]*command, len(verbs))
	for i := range verbs {
		verbs[i].index = i
		table[verbs[i].verb] = &verbs[i]
	}
}

func connectionCommands() []command {
	return []command{
		{verb: "CAP", run: runCap, params: 1, when: always, cost: 0.5,
			syntax: "CAP LS [302] | LIST | REQ :<capabilities> | END",
			help:   "Negotiates capabilities."},
		{verb: "AUTHENTICATE", run: runAuthenticate, params: 1, tooLong: (*Client).tooLongLogin, when: always, shunned: true, cost: 0.5,
			syntax: "AUTHENTICATE <mechanism> | <base64> | + | *",
			help:   "Logs you in to your account by SASL. Clients do this for you."},
		{verb: "PASS", run: runPass, params: 1, when: beforeWelcome, cost: 0.5,
			syntax: "PASS <password>",
			help:   "Gives the connection password, before NICK and USER."},
		{verb: "WEBIRC", run: runWebirc, params: 4, ends: true, when: beforeWelcome, anyBytes: true, cost: 1,
			syntax: "WEBIRC <password> <gateway> <host> <address> [:<options>]",
			help:   "A gateway tells for whom it connects. It comes first."},
		{verb: "NICK", run: runNick, when: always, cost: 2,
			syntax: "NICK <nickname>",
			help:   "Sets or changes your nickname."},
		{verb: "USER", run: runUser, params: 4, text: 4, when: beforeWelcome, cost: 0.5,
			syntax: "USER <username> 0 * :<realname>",
			help:   "Tells who you are when you connect."},
		{verb: "PING", run: runPing, params: 1, when: always, anyBytes: true, shunned: true, cost: 0.25,
			syntax: "PING <token>",
			help:   "Asks for a PONG with the same token."},
		{verb: "PONG", run: runPong, when: always, anyBytes: true, shunned: true, cost: 0.25,
			syntax: "PONG <token>",
			help:   "Answers a PING."},
		{verb: "QUIT", run: runQuit, when: always, anyBytes: true, shunned: true, text: 1, spare: true,
			syntax: "QUIT [:<reason>]",
			help:   "Leaves the network."},
		{verb: "BYE", run: runQuit, when: always, anyBytes: true, shunned: true, text: 1, spare: true,
			syntax: "BYE [:<reason>]",
			help:   "Leaves the network: QUIT."},
	}
}

func channelCommands() []command {
	return []command{
		{verb: "JOIN", run: runJoin, params: 1, cost: 1,
			syntax: "JOIN <#channel>{,<#channel>} [<key>{,<key>}]",
			help:   "Enters channels, and creates those that are not there. JOIN 0 leaves all."},
		{verb: "PART", run: runPart, params: 1, text: 2, spare: true, cost: 1,
			syntax: "PART <#channel>{,<#channel>} [:<reason>]",
			help:   "Leaves channels."},
		{verb: "LEAVE", run: runLeave, text: 2, current: true, spare: true, cost: 1,
			syntax: "LEAVE [<#channel>] [:<reason>]",
			help:   "Leaves a channel, or the current one."},
		{verb: "TOPIC", run: runTopic, text: 2, cost: 1,
			syntax: "TOPIC [<#channel> [:<topic>]]",
			help:   "Shows, sets or (empty) clears the topic."},
		{verb: "NAMES", run: runNames, cost: 1,
			syntax: "NAMES [<#channel>{,<#channel>}]",
			help:   "Lists who is in a channel."},
		{verb: "LIST", run: runList, cost: 3,
			syntax: "LIST [<#channel>{,<#channel>} | <condition>{,<condition>}]",
			help:   "Lists channels. Conditions: >n <n users, C>n C<n minutes since creation, T>n T<n since the topic, a mask or !mask of the name."},
		{verb: "INVITE", run: runInvite, cost: 2,
			syntax: "INVITE [<nick> [<#channel>]]",
			help:   "Invites somebody into a channel, or lists your own invitations."},
		{verb: "KICK", run: runKick, params: 1, text: 3, current: true, cost: 1,
			syntax: "KICK <#channel> <nick>{,<nick>} [:<reason>] | KICK <nick> [:<reason>]",
			help:   "Removes somebody of a lower rank from a channel, or from the current one."},
		{verb: "MODE", run: runMode, params: 1, cost: 0.25,
			syntax: "MODE <#channel|nick> [<modes> [<parameter>...]]",
			help:   "Shows or changes modes and ranks."},
		{verb: "BAN", run: runBan, cost: 1,
			syntax: "BAN [<#channel>] [<nick|mask> [<duration>] [:<reason>]]",
			help:   "Bans somebody from a channel, for a time (2h, 1d12h) or for good; without a mask it lists the bans."},
		{verb: "TBAN", run: runTban, params: 3, text: 4, cost: 1,
			syntax: "TBAN <#channel> <duration> <nick|mask> [:<reason>]",
			help:   "Bans somebody from a channel for a time."},
		{verb: "UNBAN", run: runUnban, cost: 1,
			syntax: "UNBAN [<#channel>] <nick|mask>",
			help:   "Takes a ban away."},
		{verb: "GRANT", run: runGrant, params: 1, cost: 1,
			syntax: "GRANT <nick> [<#channel>]",
			help:   "Makes somebody operator: MODE +o."},
		{verb: "REVOKE", run: runRevoke, params: 1, cost: 1,
			syntax: "REVOKE <nick> [<#channel>]",
			help:   "Takes the rank of operator away: MODE -o."},
		{verb: "RENAME", run: runRename, params: 2, text: 3, cost: 5,
			syntax: "RENAME <#old> <#new> [:<reason>]",
			help:   "Gives a channel another name; members, ranks, modes and history stay."},
		{verb: "REN", run: runRen, params: 1, text: 2, cost: 5,
			syntax: "REN <#new> [:<reason>]",
			help:   "Renames the current channel."},
		{verb: "CURRENT", run: runCurrent, cost: 0.5,
			syntax: "CURRENT [<#channel>]",
			help:   "Tells or sets your current channel: the one you last joined, spoke in or set."},
		{verb: "HISTORY", run: runHistory, cost: 3,
			syntax: "HISTORY [<#channel|nick>] [<n>]",
			help:   "Shows the last messages of a channel that you are in, or of you and somebody else."},
		{verb: "CHATHISTORY", run: runChathistory, params: 1, cost: 1, needs: capChathistory,
			syntax: "CHATHISTORY LATEST|BEFORE|AFTER|AROUND <target> <reference> <limit> | BETWEEN <target> <reference> <reference> <limit> | TARGETS <reference> <reference> <limit>",
			help:   "For clients: gives messages of a channel or a conversation, or lists those that had some."},
	}
}

func messageCommands() []command {
	return []command{
		{verb: "PRIVMSG", run: runPrivmsg, text: 2, cost: 1,
			syntax: "PRIVMSG <target>{,<target>} :<text>",
			help:   "Speaks to channels and people. @#channel reaches its operators only."},
		{verb: "NOTICE", run: runNotice, text: 2, cost: 1,
			syntax: "NOTICE <target>{,<target>} :<text>",
			help:   "As PRIVMSG, for what must not be answered by a program."},
		{verb: "TAGMSG", run: runTagmsg, cost: 0.5, needs: capMessageTags,
			syntax: "TAGMSG <target>{,<target>}",
			help:   "Sends message tags without text."},
		{verb: "BATCH", run: runBatch, cost: 0.5, known: mightBatch,
			syntax: "BATCH +<reference> <type> [<target>] | BATCH -<reference>",
			help:   "Begins and ends a batch, such as a message of several lines."},
		{verb: "MSG", run: runMsg, text: 2, cost: 1,
			syntax: "MSG <nick>{;<nick>} :<text>",
			help:   "Speaks to several people: PRIVMSG."},
		{verb: "MARKREAD", run: runMarkread, cost: 0.25, needs: capReadMarker,
			syntax: "MARKREAD <#channel|nick> [timestamp=<utc>]",
			help:   "For clients: tells or sets how far you have read."},
		{verb: "REDACT", run: runRedact, text: 3, spare: true, cost: 1, needs: capMessageRedaction,
			syntax: "REDACT <#channel|nick> <msgid> [:<reason>]",
			help:   "For clients: deletes a message, your own or that of somebody below you."},
		{verb: "ACCEPT", run: runAccept, cost: 1,
			syntax: "ACCEPT [<nick>{,-<nick>} | *]",
			help:   "Says who may write to you while you have user mode g, or (*) lists them."},
		{verb: "SILENCE", run: runSilence, cost: 1,
			syntax: "SILENCE [+<mask>{,-<mask>}]",
			help:   "Drops what users who match send you, messages and invitations; without a mask, lists them."},
	}
}

func peopleCommands() []command {
	return []command{
		{verb: "WHO", run: runWho, cost: 0.5,
			syntax: "WHO [<#channel|nick|mask>] [o] [%<fields>[,<token>]]",
			help:   "Lists users; without a mask those of the current channel."},
		{verb: "WHOIS", run: runWhois, params: 1, cost: 1,
			syntax: "WHOIS [<server>] <nick>",
			help:   "Tells about a user."},
		{verb: "WHOWAS", run: runWhowas, cost: 1,
			syntax: "WHOWAS <nick> [<count>]",
			help:   "Tells about a nickname that is gone."},
		{verb: "ISON", run: runIson, params: 1, cost: 1,
			syntax: "ISON <nick> {<nick>}",
			help:   "Tells which of these are here."},
		{verb: "USERHOST", run: runUserhost, params: 1, cost: 1,
			syntax: "USERHOST <nick> {<nick>}",
			help:   "Tells the hosts of up to five users."},
		{verb: "METADATA", run: runMetadata, params: 2, when: always, anyBytes: true, text: 4, cost: 1, known: hasMetadata,
			syntax: "METADATA *|<nick>|<#channel> LIST|GET|SET|CLEAR|SYNC|SUB|UNSUB|SUBS [<key>] [:<value>]",
			help:   "What users and channels tell of themselves. GET, SUB and UNSUB take several keys; SET without a value takes a key away; of the keys of SUB you are told."},
		{verb: "AWAY", run: runAway, when: always, text: 1, cost: 2,
			syntax: "AWAY [:<message>]",
			help:   "Marks you as away, or as back."},
	}
}

func serverCommands() []command {
	return []command{
		{verb: "MOTD", run: runMotd, cost: 2,
			syntax: "MOTD [<server>]",
			help:   "Shows the message of the day."},
		{verb: "VERSION", run: runVersion, cost: 1,
			syntax: "VERSION [<server>]",
			help:   "Tells the server's version and features."},
		{verb: "ISUPPORT", run: runIsupport, when: always, cost: 1,
			syntax: "ISUPPORT",
			help:   "Tells the server's features."},
		{verb: "LUSERS", run: runLusers, cost: 1,
			syntax: "LUSERS",
			help:   "Counts users, operators and channels."},
		{verb: "TIME", run: runTime, cost: 1,
			syntax: "TIME [<server>]",
			help:   "Tells the server's time."},
		{verb: "INFO", run: runInfo, cost: 2,
			syntax: "INFO",
			help:   "Tells about the software."},
		{verb: "HELP", run: runHelp, when: always, cost: 2,
			syntax: "HELP [<topic>]",
			help:   "Lists all commands, or explains one."},
	}
}

func operCommands() []command {
	return []command{
		{verb: "OPER", run: runOper, params: 1, shunned: true, cost: 5,
			syntax: "OPER <name> [<password>]",
			help:   "Makes you an IRC operator, by a password or by your TLS certificate."},
		{verb: "DEOPER", run: runDeoper, privilege: state.PrivOper, cost: 1,
			syntax: "DEOPER",
			help:   "Gives the rank of IRC operator up."},
		{verb: "KILL", run: runKill, params: 1, text: 2, privilege: state.PrivKill, cost: 1,
			syntax: "KILL <nick> [:<reason>]",
			help:   "Ends somebody's connection."},
		{verb: "WALLOPS", run: runWallops, params: 1, text: 1, privilege: state.PrivWallops, cost: 1,
			syntax: "WALLOPS :<text>",
			help:   "Speaks to all users who have set +w."},
		{verb: "DIE", run: runDie, params: 1, text: 2, privilege: state.PrivDie, cost: 1,
			syntax: "DIE <server> [:<reason>]",
			help:   "Ends the server; its name must be given, to be sure."},
		{verb: "RESTART", run: runRestart, params: 1, text: 2, privilege: state.PrivRestart, cost: 1,
			syntax: "RESTART <server> [:<reason>]",
			help:   "Starts the server anew, with a fresh configuration; its name must be given, to be sure."},
		{verb: "REHASH", run: runRehash, privilege: state.PrivRehash, cost: 2,
			syntax: "REHASH",
			help:   "Reads the configuration again."},
	}
}
