package commands

import (
	"slices"

	"bavard/state"
	"bavard/wire"
)

// when is the part of a session's life in which a command may be used.
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
	// params is the smallest number of parameters.
	params int
	// ends: the connection ends when parameters are missing or the line is too long. Otherwise a gateway's client would be
	// let in under the gateway's own address.
	ends bool
	// tooLong answers a line of this command that is too long. If it is nil or returns false, the answer is 417.
	tooLong func(c *Client) (answered bool)
	when    when
	// early reports whether a command that is allowed at any time is meant for the time before the welcome, so that it
	// need not wait for a welcome that is near; nil means that it always is.
	early func(c *Client, m *wire.Message) bool
	// privilege is the one that an IRC operator needs to use the command; 0: everybody may.
	privilege state.Privilege
	// anyBytes: the parameters need not be UTF-8, even with utf8_only. A QUIT must not fail, and a PING is answered with
	// its own bytes.
	anyBytes bool
	// text is the parameter, counted from 1, that holds text which others will read; 0: none does. It takes all words that
	// follow, because people who type by hand leave out the colon.
	text int
	// current: the first parameter, a channel, may be left out; the current channel is used then.
	current bool
	// shunned: users under a SHUN may use the command too. All other commands from them are dropped.
	shunned bool
	// cost is in units of the flood account; an ordinary message costs 1.
	cost float64
	// known reports whether the command exists for this client under this configuration; nil: always.
	known func(c *Client) bool
	// needs are the capabilities that a client must have negotiated; 0: none. The command does not exist where the server
	// does not offer them.
	needs capSet
	// syntax and help are one line each, for HELP and docs/reference.md.
	syntax, help string
	// index is the row's place in verbs.
	index int
}

// table holds every command by its verb. The gate, HELP, flood control and the documents read it. It is filled by init
// because HELP, which is one of its rows, reads it.
var table map[string]*command

// verbs holds the same rows in the order of the documents.
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
			help:   "Logs you in to your account with SASL. Clients do this for you."},
		{verb: "PASS", run: runPass, params: 1, when: beforeWelcome, cost: 0.5,
			syntax: "PASS <password>",
			help:   "Gives the connection password, before NICK and USER."},
		{verb: "WEBIRC", run: runWebirc, params: 4, ends: true, when: beforeWelcome, anyBytes: true, cost: 1,
			syntax: "WEBIRC <password> <gateway> <host> <address> [:<options>]",
			help:   "Lets a gateway pass on the host and address of its user. Must be the first command."},
		{verb: "NICK", run: runNick, when: always, cost: 2,
			syntax: "NICK <nickname>",
			help:   "Sets or changes your nickname."},
		{verb: "USER", run: runUser, params: 4, text: 4, when: beforeWelcome, cost: 0.5,
			syntax: "USER <username> 0 * :<realname>",
			help:   "Gives your username and real name when you connect."},
		{verb: "PING", run: runPing, params: 1, when: always, anyBytes: true, shunned: true, cost: 0.25,
			syntax: "PING <token>",
			help:   "Asks for a PONG with the same token."},
		{verb: "PONG", run: runPong, when: always, anyBytes: true, shunned: true, cost: 0.25,
			syntax: "PONG <token>",
			help:   "Answers a PING."},
		{verb: "QUIT", run: runQuit, when: always, anyBytes: true, shunned: true, text: 1,
			syntax: "QUIT [:<reason>]",
			help:   "Leaves the network."},
		{verb: "BYE", run: runQuit, when: always, anyBytes: true, shunned: true, text: 1,
			syntax: "BYE [:<reason>]",
			help:   "Leaves the network; same as QUIT."},
	}
}

func channelCommands() []command {
	return []command{
		{verb: "JOIN", run: runJoin, params: 1, cost: 1,
			syntax: "JOIN <#channel>{,<#channel>} [<key>{,<key>}]",
			help:   "Joins channels, and creates those that do not exist. JOIN 0 leaves all channels."},
		{verb: "PART", run: runPart, params: 1, text: 2, cost: 1,
			syntax: "PART <#channel>{,<#channel>} [:<reason>]",
			help:   "Leaves channels."},
		{verb: "LEAVE", run: runLeave, text: 2, current: true, cost: 1,
			syntax: "LEAVE [<#channel>] [:<reason>]",
			help:   "Leaves a channel, or your current channel."},
		{verb: "TOPIC", run: runTopic, text: 2, cost: 1,
			syntax: "TOPIC [<#channel> [:<topic>]]",
			help:   "Shows or sets the topic; an empty topic clears it."},
		{verb: "NAMES", run: runNames, cost: 1,
			syntax: "NAMES [<#channel>{,<#channel>}]",
			help:   "Lists the members of a channel."},
		{verb: "LIST", run: runList, cost: 3,
			syntax: "LIST [<#channel>{,<#channel>} | <condition>{,<condition>}]",
			help:   "Lists channels. Conditions: >n or <n users; C>n or C<n minutes since the channel was created; T>n or T<n minutes since the topic was set; a mask or !mask for the name."},
		{verb: "INVITE", run: runInvite, cost: 2,
			syntax: "INVITE [<nick> [<#channel>]]",
			help:   "Invites a user to a channel; without a nick, lists your own invitations."},
		{verb: "KICK", run: runKick, params: 1, text: 3, current: true, cost: 1,
			syntax: "KICK <#channel> <nick>{,<nick>} [:<reason>] | KICK <nick> [:<reason>]",
			help:   "Removes a member of lower rank from a channel, or from your current channel."},
		{verb: "MODE", run: runMode, params: 1, cost: 0.25,
			syntax: "MODE <#channel|nick> [<modes> [<parameter>...]]",
			help:   "Shows or changes modes and ranks."},
		{verb: "BAN", run: runBan, cost: 1,
			syntax: "BAN [<#channel>] [<nick|mask> [<duration>] [:<reason>]]",
			help:   "Bans a user from a channel, for a time (2h, 1d12h) or permanently; without a mask, lists the bans."},
		{verb: "TBAN", run: runTban, params: 3, text: 4, cost: 1,
			syntax: "TBAN <#channel> <duration> <nick|mask> [:<reason>]",
			help:   "Bans a user from a channel for a limited time."},
		{verb: "UNBAN", run: runUnban, cost: 1,
			syntax: "UNBAN [<#channel>] <nick|mask>",
			help:   "Removes a ban."},
		{verb: "GRANT", run: runGrant, params: 1, cost: 1,
			syntax: "GRANT <nick> [<#channel>]",
			help:   "Makes a member a channel operator; same as MODE +o."},
		{verb: "REVOKE", run: runRevoke, params: 1, cost: 1,
			syntax: "REVOKE <nick> [<#channel>]",
			help:   "Removes a member's operator rank; same as MODE -o."},
		{verb: "RENAME", run: runRename, params: 2, text: 3, cost: 5,
			syntax: "RENAME <#old> <#new> [:<reason>]",
			help:   "Renames a channel; its members, ranks, modes and history are kept."},
		{verb: "REN", run: runRen, params: 1, text: 2, cost: 5,
			syntax: "REN <#new> [:<reason>]",
			help:   "Renames your current channel."},
		{verb: "CURRENT", run: runCurrent, cost: 0.5,
			syntax: "CURRENT [<#channel>]",
			help:   "Shows or sets your current channel: the one that you last joined, spoke in or set."},
		{verb: "HISTORY", run: runHistory, cost: 3,
			syntax: "HISTORY [<#channel|nick>] [<n>]",
			help:   "Shows the last messages in a channel that you are in, or between you and another user."},
		{verb: "CHATHISTORY", run: runChathistory, params: 1, cost: 1, needs: capChathistory,
			syntax: "CHATHISTORY LATEST|BEFORE|AFTER|AROUND <target> <reference> <limit> | BETWEEN <target> <reference> <reference> <limit> | TARGETS <reference> <reference> <limit>",
			help:   "For clients: requests messages from a channel or conversation, or lists the conversations with new messages."},
	}
}

func messageCommands() []command {
	return []command{
		{verb: "PRIVMSG", run: runPrivmsg, text: 2, cost: 1,
			syntax: "PRIVMSG <target>{,<target>} :<text>",
			help:   "Sends a message to channels and users. @#channel reaches only its operators."},
		{verb: "NOTICE", run: runNotice, text: 2, cost: 1,
			syntax: "NOTICE <target>{,<target>} :<text>",
			help:   "Sends a message that programs must never answer automatically."},
		{verb: "TAGMSG", run: runTagmsg, cost: 0.5, needs: capMessageTags,
			syntax: "TAGMSG <target>{,<target>}",
			help:   "Sends message tags without text."},
		{verb: "BATCH", run: runBatch, cost: 0.5, known: mightBatch,
			syntax: "BATCH +<reference> <type> [<target>] | BATCH -<reference>",
			help:   "For clients: starts or ends a batch, such as a message with several lines."},
		{verb: "MSG", run: runMsg, text: 2, cost: 1,
			syntax: "MSG <nick>{;<nick>} :<text>",
			help:   "Sends a message to several users; same as PRIVMSG."},
		{verb: "ZNC", run: runZNC, params: 1, text: 2, cost: 1,
			syntax: "ZNC *playback PLAY <buffers> [<from>] [<to>] | LIST [<buffers>] | CLEAR <buffers>",
			help:   "For clients with znc.in/playback: plays back what was said; same as PRIVMSG *playback."},
		{verb: "MARKREAD", run: runMarkread, cost: 0.25, needs: capReadMarker,
			syntax: "MARKREAD <#channel|nick> [timestamp=<utc>]",
			help:   "For clients: shows or sets how far you have read."},
		{verb: "REDACT", run: runRedact, text: 3, cost: 1, needs: capMessageRedaction,
			syntax: "REDACT <#channel|nick> <msgid> [:<reason>]",
			help:   "For clients: deletes a message that you sent, or one from a member of lower rank."},
		{verb: "ACCEPT", run: runAccept, cost: 1,
			syntax: "ACCEPT [<nick>{,-<nick>} | *]",
			help:   "Chooses who may message you while you have user mode +g; with * or nothing, lists them."},
		{verb: "SILENCE", run: runSilence, cost: 1,
			syntax: "SILENCE [+<mask>{,-<mask>}]",
			help:   "Ignores messages and invitations from users who match a mask; without a mask, lists your masks."},
	}
}

func peopleCommands() []command {
	return []command{
		{verb: "WHO", run: runWho, cost: 0.5,
			syntax: "WHO [<#channel|nick|mask>] [o] [%<fields>[,<token>]]",
			help:   "Lists users; without a mask, the members of your current channel."},
		{verb: "WHOIS", run: runWhois, params: 1, cost: 1,
			syntax: "WHOIS [<server>] <nick>",
			help:   "Shows information about a user."},
		{verb: "WHOWAS", run: runWhowas, cost: 1,
			syntax: "WHOWAS <nick> [<count>]",
			help:   "Shows information about the users who last had a nickname."},
		{verb: "ISON", run: runIson, params: 1, cost: 1,
			syntax: "ISON <nick> {<nick>}",
			help:   "Shows which of these users are online."},
		{verb: "USERHOST", run: runUserhost, params: 1, cost: 1,
			syntax: "USERHOST <nick> {<nick>}",
			help:   "Shows the hosts of up to five users."},
		{verb: "METADATA", run: runMetadata, params: 2, when: always, early: isEarlyMetadata, anyBytes: true, text: 4, cost: 1, known: hasMetadata,
			syntax: "METADATA *|<nick>|<#channel> LIST|GET|SET|CLEAR|SYNC|SUB|UNSUB|SUBS [<key>] [:<value>]",
			help:   "Reads and changes the public metadata of users and channels. GET, SUB and UNSUB take several keys; SET without a value removes a key; SUB notifies you of changes to these keys."},
		{verb: "AWAY", run: runAway, when: always, early: isEarlyAway, text: 1, cost: 2,
			syntax: "AWAY [:<message>]",
			help:   "Marks you as away; without a message, as back."},
	}
}

func serverCommands() []command {
	return []command{
		{verb: "MOTD", run: runMotd, cost: 2,
			syntax: "MOTD [<server>]",
			help:   "Shows the message of the day."},
		{verb: "VERSION", run: runVersion, cost: 1,
			syntax: "VERSION [<server>]",
			help:   "Shows the server's version and features."},
		{verb: "ISUPPORT", run: runIsupport, when: always, cost: 1,
			syntax: "ISUPPORT",
			help:   "Shows the server's features."},
		{verb: "LUSERS", run: runLusers, cost: 1,
			syntax: "LUSERS",
			help:   "Shows the number of users, operators and channels."},
		{verb: "TIME", run: runTime, cost: 1,
			syntax: "TIME [<server>]",
			help:   "Shows the server's time."},
		{verb: "INFO", run: runInfo, cost: 2,
			syntax: "INFO",
			help:   "Shows information about the software."},
		{verb: "HELP", run: runHelp, when: always, cost: 2,
			syntax: "HELP [<topic>]",
			help:   "Lists all commands, or explains one."},
		{verb: "HELPOP", run: runHelp, when: always, cost: 2,
			syntax: "HELPOP [<topic>]",
			help:   "Same as HELP."},
	}
}

func operCommands() []command {
	return []command{
		{verb: "OPER", run: runOper, params: 1, shunned: true, cost: 5,
			syntax: "OPER <name> [<password>]",
			help:   "Makes you an IRC operator, with a password or your TLS certificate."},
		{verb: "DEOPER", run: runDeoper, privilege: state.PrivOper, cost: 1,
			syntax: "DEOPER",
			help:   "Gives up IRC operator status."},
		{verb: "KILL", run: runKill, params: 1, text: 2, privilege: state.PrivKill, cost: 1,
			syntax: "KILL <nick> [:<reason>]",
			help:   "Disconnects a user."},
		{verb: "WALLOPS", run: runWallops, params: 1, text: 1, privilege: state.PrivWallops, cost: 1,
			syntax: "WALLOPS :<text>",
			help:   "Sends a message to all users with user mode +w."},
		{verb: "DIE", run: runDie, params: 1, text: 2, privilege: state.PrivDie, cost: 1,
			syntax: "DIE <server> [:<reason>]",
			help:   "Shuts the server down. Its name is required as a confirmation."},
		{verb: "RESTART", run: runRestart, params: 1, text: 2, privilege: state.PrivRestart, cost: 1,
			syntax: "RESTART <server> [:<reason>]",
			help:   "Restarts the server with a fresh configuration. Its name is required as a confirmation."},
		{verb: "REHASH", run: runRehash, privilege: state.PrivRehash, cost: 2,
			syntax: "REHASH",
			help:   "Reloads the configuration."},
		{verb: "BACKUP", run: runBackup, privilege: state.PrivBackup, cost: 5,
			syntax: "BACKUP",
			help:   "Backs up all of the server's data to a file in the server's own folder."},
	}
}
