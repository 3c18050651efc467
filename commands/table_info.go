package commands

import "bavard/state"

// infoCommands are the verbs that show information about the server and its users.
func infoCommands() []command {
	return []command{
		{verb: "KNOCK", run: runKnock, params: 1, cost: 5,
			syntax: "KNOCK <#channel>",
			help:   "Asks the operators of a channel that you cannot join for an invitation."},
		{verb: "ADMIN", run: runAdmin, cost: 1,
			syntax: "ADMIN [<server>]",
			help:   "Shows who runs the server."},
		{verb: "RULES", run: runRules, cost: 2,
			syntax: "RULES [<server>]",
			help:   "Shows the server's rules."},
		{verb: "COMMANDS", run: runCommands, cost: 3,
			syntax: "COMMANDS",
			help:   "Lists all commands with the number of parameters that each one needs."},
		{verb: "LINKS", run: runLinks, cost: 1,
			syntax: "LINKS [<mask>]",
			help:   "Lists the servers on the network."},
		{verb: "MAP", run: runMap, cost: 1,
			syntax: "MAP",
			help:   "Shows the servers on the network and the number of users on each."},
		{verb: "USERS", run: runUsers, cost: 1,
			syntax: "USERS",
			help:   "Shows the number of users."},
		{verb: "USERIP", run: runUserip, params: 1, cost: 1,
			syntax: "USERIP <nick> {<nick>}",
			help:   "Shows the addresses of up to five users: your own, and those of others if you may see them."},
		{verb: "IRCOPS", run: runIrcops, cost: 2,
			syntax: "IRCOPS",
			help:   "Lists the IRC operators who are online."},
		{verb: "TRACE", run: runTrace, cost: 3,
			syntax: "TRACE [<nick>]",
			help:   "Shows connections: your own, those of IRC operators, and everyone's if you may see them."},
		{verb: "STATS", run: runStats, params: 1, cost: 3,
			syntax: "STATS <letter>",
			help:   "Shows a report: u (uptime), p (IRC operators online); for IRC operators also e (exemptions), g and k (server bans), i and y (connection classes), l (connections), m (commands), o (operator blocks), P (listeners), q (reserved names), z (memory)."},
		{verb: "OPERMOTD", run: runOpermotd, privilege: state.PrivOper, cost: 1,
			syntax: "OPERMOTD",
			help:   "Shows the message for IRC operators."},
	}
}
