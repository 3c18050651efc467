package commands

import "bavard/state"

// overrideCommands are the verbs with which IRC operators act on other users and their channels.
func overrideCommands() []command {
	return []command{
		{verb: "SAJOIN", run: runSajoin, params: 2, privilege: state.PrivSajoin, cost: 1,
			syntax: "SAJOIN <nick> <#channel>{,<#channel>}",
			help:   "Joins a user to channels, ignoring modes and bans."},
		{verb: "SAPART", run: runSapart, params: 2, text: 3, privilege: state.PrivSapart, cost: 1,
			syntax: "SAPART <nick> <#channel>{,<#channel>} [:<reason>]",
			help:   "Removes a user from channels."},
		{verb: "SANICK", run: runSanick, params: 2, privilege: state.PrivSanick, cost: 1,
			syntax: "SANICK <nick> <new nick>",
			help:   "Changes a user's nickname."},
		{verb: "SAMODE", run: runSamode, params: 2, privilege: state.PrivSamode, cost: 1,
			syntax: "SAMODE <#channel> <modes> [<parameter>...]",
			help:   "Changes a channel's modes and ranks, whatever your own rank is."},
		{verb: "SATOPIC", run: runSatopic, params: 2, text: 2, privilege: state.PrivSatopic, cost: 1,
			syntax: "SATOPIC <#channel> :<topic>",
			help:   "Sets a channel's topic, whatever your own rank is."},
		{verb: "SAKICK", run: runSakick, params: 2, text: 3, privilege: state.PrivSakick, cost: 1,
			syntax: "SAKICK <#channel> <nick> [:<reason>]",
			help:   "Removes a member from a channel, whatever your own rank is."},
		{verb: "SETHOST", run: runSethost, params: 1, privilege: state.PrivSethost, cost: 1,
			syntax: "SETHOST [<username>@]<host>",
			help:   "Changes the host that others see for you."},
		{verb: "CHGHOST", run: runChghost, params: 2, privilege: state.PrivChghost, cost: 1,
			syntax: "CHGHOST <nick> [<username>@]<host>",
			help:   "Changes the host that others see for a user."},
		{verb: "GLOBOPS", run: runGlobops, params: 1, text: 1, privilege: state.PrivGlobops, cost: 1,
			syntax: "GLOBOPS :<text>",
			help:   "Sends a message to the IRC operators who receive server notices of kind g."},
	}
}

// personCommands are the verbs about one's own real name, watching others, and leaving and rejoining.
func personCommands() []command {
	return []command{
		{verb: "SETNAME", run: runSetname, params: 1, text: 1, cost: 2,
			syntax: "SETNAME :<realname>",
			help:   "Changes your real name."},
		{verb: "MONITOR", run: runMonitor, params: 1, cost: 1,
			syntax: "MONITOR + <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S",
			help:   "Notifies you when users come online and go offline: adds to (+), removes from (-), clears (C), lists (L) or shows the status of (S) your list."},
		{verb: "CYCLE", run: runCycle, text: 2, current: true, cost: 3,
			syntax: "CYCLE [<#channel>] [:<reason>]",
			help:   "Leaves a channel, or your current channel, and joins it again at once. Your ranks are lost."},
		{verb: "REMOVE", run: runRemove, params: 1, text: 3, current: true, cost: 1,
			syntax: "REMOVE <#channel> <nick>{,<nick>} [:<reason>] | REMOVE <nick> [:<reason>]",
			help:   "Removes members like KICK, but shows it as a PART, so that their clients do not rejoin automatically."},
	}
}
