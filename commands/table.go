package commands

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
	when   when
	// oper: only IRC operators.
	oper bool
	// cost in units of the flood account; a line of ordinary talk is 1.
	cost float64
	// syntax and help are one line each, for HELP and the documents.
	syntax, help string
}

// anyBytes: what is not relayed need not be UTF-8. A QUIT must not fail, and a PING is answered with its own bytes.
func (c *command) anyBytes() bool {
	switch c.verb {
	case "QUIT", "BYE", "PING", "PONG":
		return true
	}
	return false
}

// table: every verb. The gate, HELP, flood control and the documents follow from it. It is filled by init because
// HELP, which is in it, reads it.
var table map[string]*command

// verbs are the rows in the order of the documents.
var verbs []command

func init() {
	verbs = []command{
		// Connection.
		{"CAP", runCap, 1, always, false, 0.5, "CAP LS [302] | LIST | REQ :<capabilities> | END", "Negotiates capabilities."},
		{"PASS", runPass, 1, beforeWelcome, false, 0.5, "PASS <password>", "Gives the connection password, before NICK and USER."},
		{"NICK", runNick, 0, always, false, 2, "NICK <nickname>", "Sets or changes your nickname."},
		{"USER", runUser, 4, beforeWelcome, false, 0.5, "USER <username> 0 * :<realname>", "Tells who you are when you connect."},
		{"PING", runPing, 1, always, false, 0.25, "PING <token>", "Asks for a PONG with the same token."},
		{"PONG", runPong, 0, always, false, 0.25, "PONG <token>", "Answers a PING."},
		{"QUIT", runQuit, 0, always, false, 0, "QUIT [:<reason>]", "Leaves the network."},
		{"BYE", runQuit, 0, always, false, 0, "BYE [:<reason>]", "Leaves the network: QUIT."},

		// Channels.
		{"JOIN", runJoin, 1, afterWelcome, false, 2, "JOIN <#channel>{,<#channel>} [<key>{,<key>}]", "Enters channels, and creates those that are not there. JOIN 0 leaves all."},
		{"PART", runPart, 1, afterWelcome, false, 1, "PART <#channel>{,<#channel>} [:<reason>]", "Leaves channels."},
		{"LEAVE", runLeave, 0, afterWelcome, false, 1, "LEAVE [<#channel>] [:<reason>]", "Leaves a channel, or the current one."},
		{"TOPIC", runTopic, 1, afterWelcome, false, 1, "TOPIC <#channel> [:<topic>]", "Shows, sets or (empty) clears the topic."},
		{"NAMES", runNames, 0, afterWelcome, false, 1, "NAMES <#channel>{,<#channel>}", "Lists who is in a channel."},
		{"LIST", runList, 0, afterWelcome, false, 3, "LIST [<#channel>{,<#channel>} | <condition>{,<condition>}]", "Lists channels. Conditions: >n <n users, C>n C<n minutes since creation, T>n T<n since the topic, a mask or !mask of the name."},
		{"INVITE", runInvite, 0, afterWelcome, false, 2, "INVITE [<nick> <#channel>]", "Invites somebody into a channel, or lists your own invitations."},
		{"KICK", runKick, 1, afterWelcome, false, 1, "KICK <#channel> <nick>{,<nick>} [:<reason>] | KICK <nick> [:<reason>]", "Removes somebody of a lower rank from a channel, or from the current one."},
		{"MODE", runMode, 1, afterWelcome, false, 1, "MODE <#channel|nick> [<modes> [<parameter>...]]", "Shows or changes modes and ranks."},
		{"GRANT", runGrant, 1, afterWelcome, false, 1, "GRANT <nick> [<#channel>]", "Makes somebody operator: MODE +o."},
		{"REVOKE", runRevoke, 1, afterWelcome, false, 1, "REVOKE <nick> [<#channel>]", "Takes the rank of operator away: MODE -o."},
		{"RENAME", runRename, 2, afterWelcome, false, 5, "RENAME <#old> <#new> [:<reason>]", "Gives a channel another name; members, ranks, modes and history stay."},
		{"REN", runRen, 1, afterWelcome, false, 5, "REN <#new> [:<reason>]", "Renames the current channel."},
		{"CURRENT", runCurrent, 0, afterWelcome, false, 0.5, "CURRENT [<#channel>]", "Tells or sets your current channel: the one you last joined, spoke in or set."},
		{"HISTORY", runHistory, 0, afterWelcome, false, 3, "HISTORY [<#channel>] [<n>]", "Shows the last messages of a channel that you are in."},

		// Messages.
		{"PRIVMSG", runPrivmsg, 0, afterWelcome, false, 1, "PRIVMSG <target>{,<target>} :<text>", "Speaks to channels and people. @#channel reaches its operators only."},
		{"NOTICE", runNotice, 0, afterWelcome, false, 1, "NOTICE <target>{,<target>} :<text>", "As PRIVMSG, for what must not be answered by a program."},
		{"TAGMSG", runTagmsg, 0, afterWelcome, false, 0.5, "TAGMSG <target>{,<target>}", "Sends message tags without text."},
		{"MSG", runMsg, 0, afterWelcome, false, 1, "MSG <nick>{;<nick>} :<text>", "Speaks to several people: PRIVMSG."},

		// People.
		{"WHO", runWho, 0, afterWelcome, false, 2, "WHO [<#channel|nick|mask>] [o] [%<fields>[,<token>]]", "Lists users; without a mask those of the current channel."},
		{"WHOIS", runWhois, 1, afterWelcome, false, 1, "WHOIS [<server>] <nick>", "Tells about a user."},
		{"WHOWAS", runWhowas, 0, afterWelcome, false, 1, "WHOWAS <nick> [<count>]", "Tells about a nickname that is gone."},
		{"ISON", runIson, 1, afterWelcome, false, 1, "ISON <nick> {<nick>}", "Tells which of these are here."},
		{"USERHOST", runUserhost, 1, afterWelcome, false, 1, "USERHOST <nick> {<nick>}", "Tells the hosts of up to five users."},
		{"AWAY", runAway, 0, afterWelcome, false, 2, "AWAY [:<message>]", "Marks you as away, or as back."},

		// The server.
		{"MOTD", runMotd, 0, afterWelcome, false, 2, "MOTD [<server>]", "Shows the message of the day."},
		{"VERSION", runVersion, 0, afterWelcome, false, 1, "VERSION [<server>]", "Tells the server's version and features."},
		{"LUSERS", runLusers, 0, afterWelcome, false, 1, "LUSERS", "Counts users, operators and channels."},
		{"TIME", runTime, 0, afterWelcome, false, 1, "TIME [<server>]", "Tells the server's time."},
		{"INFO", runInfo, 0, afterWelcome, false, 2, "INFO", "Tells about the software."},
		{"HELP", runHelp, 0, always, false, 2, "HELP [<topic>]", "Lists all commands, or explains one."},

		// IRC operators.
		{"OPER", runOper, 2, afterWelcome, false, 5, "OPER <name> <password>", "Makes you an IRC operator."},
		{"KILL", runKill, 1, afterWelcome, true, 1, "KILL <nick> [:<reason>]", "Ends somebody's connection."},
		{"WALLOPS", runWallops, 1, afterWelcome, true, 1, "WALLOPS :<text>", "Speaks to all users who have set +w."},
		{"REHASH", runRehash, 0, afterWelcome, true, 2, "REHASH", "Reads the configuration again."},
	}
	table = make(map[string]*command, len(verbs))
	for i := range verbs {
		table[verbs[i].verb] = &verbs[i]
	}
}
