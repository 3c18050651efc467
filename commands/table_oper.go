package commands

import "bavard/state"

// overrideCommands are an IRC operator's verbs on others and on what is not his.
func overrideCommands() []command {
	return []command{
		{verb: "SAJOIN", run: runSajoin, params: 2, privilege: state.PrivSajoin, cost: 1,
			syntax: "SAJOIN <nick> <#channel>{,<#channel>}",
			help:   "Puts somebody into channels, whatever their modes and bans say."},
		{verb: "SAPART", run: runSapart, params: 2, text: 3, privilege: state.PrivSapart, cost: 1,
			syntax: "SAPART <nick> <#channel>{,<#channel>} [:<reason>]",
			help:   "Takes somebody out of channels."},
		{verb: "SANICK", run: runSanick, params: 2, privilege: state.PrivSanick, cost: 1,
			syntax: "SANICK <nick> <new nick>",
			help:   "Changes somebody's nick."},
		{verb: "SAMODE", run: runSamode, params: 2, privilege: state.PrivSamode, cost: 1,
			syntax: "SAMODE <#channel> <modes> [<parameter>...]",
			help:   "Changes modes and ranks of a channel, whatever your own rank."},
		{verb: "SATOPIC", run: runSatopic, params: 2, text: 2, privilege: state.PrivSatopic, cost: 1,
			syntax: "SATOPIC <#channel> :<topic>",
			help:   "Sets a channel's topic, whatever your own rank."},
		{verb: "SAKICK", run: runSakick, params: 2, text: 3, privilege: state.PrivSakick, cost: 1,
			syntax: "SAKICK <#channel> <nick> [:<reason>]",
			help:   "Removes somebody from a channel, whatever your own rank."},
		{verb: "SETHOST", run: runSethost, params: 1, privilege: state.PrivSethost, cost: 1,
			syntax: "SETHOST [<username>@]<host>",
			help:   "Changes the host that others see for you."},
		{verb: "CHGHOST", run: runChghost, params: 2, privilege: state.PrivChghost, cost: 1,
			syntax: "CHGHOST <nick> [<username>@]<host>",
			help:   "Changes the host that others see for somebody."},
		{verb: "GLOBOPS", run: runGlobops, params: 1, text: 1, privilege: state.PrivGlobops, cost: 1,
			syntax: "GLOBOPS :<text>",
			help:   "Speaks to the IRC operators who get server notices of the kind g."},
	}
}

// personCommands are about one's own name and other people's coming and going.
func personCommands() []command {
	return []command{
		{verb: "SETNAME", run: runSetname, params: 1, text: 1, cost: 2,
			syntax: "SETNAME :<realname>",
			help:   "Changes your real name."},
		{verb: "MONITOR", run: runMonitor, params: 1, cost: 1,
			syntax: "MONITOR + <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S",
			help:   "Tells when people come and go: adds to, removes from, clears, lists or shows your list."},
		{verb: "CYCLE", run: runCycle, text: 2, current: true, spare: true, cost: 3,
			syntax: "CYCLE [<#channel>] [:<reason>]",
			help:   "Leaves a channel, or the current one, and comes back at once, without the ranks."},
		{verb: "REMOVE", run: runRemove, params: 1, text: 3, current: true, cost: 1,
			syntax: "REMOVE <#channel> <nick>{,<nick>} [:<reason>] | REMOVE <nick> [:<reason>]",
			help:   "As KICK, but it shows as if they had left: their programs do not come back by themselves."},
	}
}
