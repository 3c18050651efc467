package commands

import "bavard/state"

// infoCommands tell about the server and who is on it.
func infoCommands() []command {
	return []command{
		{verb: "KNOCK", run: runKnock, params: 1, cost: 5,
			syntax: "KNOCK <#channel>",
			help:   "Asks the operators of a channel that you cannot enter for an invitation."},
		{verb: "ADMIN", run: runAdmin, cost: 1,
			syntax: "ADMIN [<server>]",
			help:   "Tells who runs the server."},
		{verb: "RULES", run: runRules, cost: 2,
			syntax: "RULES [<server>]",
			help:   "Shows the rules of the server."},
		{verb: "COMMANDS", run: runCommands, cost: 3,
			syntax: "COMMANDS",
			help:   "Lists every command with the number of parameters that it needs."},
		{verb: "LINKS", run: runLinks, cost: 1,
			syntax: "LINKS [<mask>]",
			help:   "Lists the servers of the network."},
		{verb: "MAP", run: runMap, cost: 1,
			syntax: "MAP",
			help:   "Shows the servers of the network and how many users each has."},
		{verb: "USERS", run: runUsers, cost: 1,
			syntax: "USERS",
			help:   "Counts users."},
		{verb: "USERIP", run: runUserip, params: 1, cost: 1,
			syntax: "USERIP <nick> {<nick>}",
			help:   "Tells the addresses of up to five users: your own, and those of others if you may see them."},
		{verb: "IRCOPS", run: runIrcops, cost: 2,
			syntax: "IRCOPS",
			help:   "Lists the IRC operators who are here."},
		{verb: "TRACE", run: runTrace, cost: 3,
			syntax: "TRACE [<nick>]",
			help:   "Shows connections: your own, IRC operators', and everybody's if you may see them."},
		{verb: "STATS", run: runStats, params: 1, cost: 3,
			syntax: "STATS <letter>",
			help:   "Reports: u uptime, p IRC operators online; for operators e exemptions, g and k server bans, i and y classes, l connections, m commands, o operator blocks, P listeners, q reserved names, z memory."},
		{verb: "OPERMOTD", run: runOpermotd, privilege: state.PrivOper, cost: 1,
			syntax: "OPERMOTD",
			help:   "Shows the message for IRC operators."},
	}
}
