package commands

import "bavard/state"

// banCommands are the verbs of what keeps bad clients out.
func banCommands() []command {
	rows := []command{
		{verb: "UBAN", run: runUban, params: 1, privilege: state.PrivUban, cost: 1,
			syntax: "UBAN ADD|DEL|INFO|TEST [except:|shun:|reserve:]<target> [<duration>] [<reason>] | LIST [<filter>]",
			help:   "Server bans: nick!user@host, an address, a network, a nick's address, $a:account, $r:realname, $z:fingerprint. Durations: 2h, 1d12h, 0 for good. TEST tells whom it would hit."},
		{verb: "DEFCON", run: runDefcon, privilege: state.PrivDefcon, cost: 1,
			syntax: "DEFCON [<level> [<duration>]]",
			help:   "Shows or sets how much of the server is closed: 5 is nothing, 1 most. The configuration says what."},
		{verb: "FILTER", run: runFilter, params: 1, privilege: state.PrivFilter, cost: 2,
			syntax: "FILTER ADD warn|block|kill|ban [<duration>] [+<score>] <pattern> [:<reason>] | DEL <pattern> | LIST | TEST :<text>",
			help:   "Patterns of what users must not say: a mask of the whole text (\\s is a space), or /a regular expression/. The duration is the ban's."},
	}
	for _, f := range []struct {
		verb, target string
		privilege    state.Privilege
		help         string
	}{
		{"KLINE", "user@host", state.PrivKline, "Keeps out, and ends, whoever matches."},
		{"GLINE", "user@host", state.PrivKline, "Keeps out, and ends, whoever matches: KLINE."},
		{"DLINE", "address", state.PrivDline, "Keeps out, and ends, whoever comes from an address or a network."},
		{"ZLINE", "address", state.PrivDline, "Keeps out, and ends, whoever comes from an address or a network: DLINE."},
		{"ELINE", "user@host", state.PrivEline, "Exempts whoever matches from bans and shuns."},
		{"SHUN", "user@host", state.PrivShun, "Lets whoever matches stay, but nobody hears him."},
		{"XLINE", "realname", state.PrivXline, "Keeps out, and ends, whoever has a real name that matches; a space is written \\s or ?."},
		{"RESV", "nick|#channel", state.PrivResv, "Keeps a nick or a channel's name, with * and ?, for IRC operators."},
		{"QLINE", "nick", state.PrivResv, "Keeps a nick, with * and ?, for IRC operators."},
		{"CBAN", "#channel", state.PrivResv, "Keeps a channel's name, with * and ?, for IRC operators."},
	} {
		rows = append(rows,
			command{verb: f.verb, run: runFace, params: 1, privilege: f.privilege, cost: 1,
				syntax: f.verb + " [-]<" + f.target + "> [<duration>] [:<reason>]", help: f.help + " A face of UBAN."},
			command{verb: "UN" + f.verb, run: runFace, params: 1, privilege: f.privilege, cost: 1,
				syntax: "UN" + f.verb + " <" + f.target + ">", help: "Takes a " + f.verb + " away."})
	}
	return rows
}
