package commands

import (
	"strings"

	"bavard/state"
)

// banCommands are the verbs of server bans, DEFCON and the content filter.
func banCommands() []command {
	rows := []command{
		{verb: "UBAN", run: runUban, params: 1, privilege: state.PrivUban, cost: 1,
			syntax: "UBAN ADD|DEL|INFO|TEST [except:|shun:|reserve:]<target> [<duration>] [<reason>] | LIST [<filter>]",
			help:   "Manages server bans. A target is nick!user@host, an address, a network, a nick (for its address), $a:account, $r:realname or $z:fingerprint. Durations: 2h, 1d12h, 0 for permanent. TEST shows whom a ban would affect."},
		{verb: "DEFCON", run: runDefcon, privilege: state.PrivDefcon, cost: 1,
			syntax: "DEFCON [<level> [<duration>]]",
			help:   "Shows or sets how much of the server is closed, from 5 (nothing) to 1 (most). The configuration defines the levels."},
		{verb: "FILTER", run: runFilter, params: 1, privilege: state.PrivFilter, cost: 2,
			syntax: "FILTER ADD warn|block|kill|ban [<duration>] [+<score>] <pattern> [:<reason>] | DEL <pattern> | LIST | TEST :<text>",
			help:   "Manages patterns of text that users must not send: a mask for the whole text (\\s is a space) or a /regular expression/. The duration applies to the ban."},
	}
	for _, f := range []struct {
		verb, target string
		privilege    state.Privilege
		help         string
	}{
		{"KLINE", "user@host", state.PrivKline, "Disconnects users who match and keeps them out."},
		{"GLINE", "user@host", state.PrivKline, "Disconnects users who match and keeps them out; same as KLINE."},
		{"DLINE", "address", state.PrivDline, "Disconnects users from an address or network and keeps them out."},
		{"ZLINE", "address", state.PrivDline, "Disconnects users from an address or network and keeps them out; same as DLINE."},
		{"ELINE", "user@host", state.PrivEline, "Exempts users who match from server bans and shuns."},
		{"SHUN", "user@host", state.PrivShun, "Lets users who match stay connected, but nobody sees what they send."},
		{"XLINE", "realname", state.PrivXline, "Disconnects users whose real name matches and keeps them out; write \\s or ? for a space."},
		{"RESV", "nick|#channel", state.PrivResv, "Reserves nicks or channel names for IRC operators; * and ? are wildcards."},
		{"QLINE", "nick", state.PrivResv, "Reserves nicks for IRC operators; * and ? are wildcards."},
		{"CBAN", "#channel", state.PrivResv, "Reserves channel names for IRC operators; * and ? are wildcards."},
	} {
		article := "a"
		if strings.ContainsRune("EX", rune(f.verb[0])) { // these letters are pronounced with a vowel
			article = "an"
		}
		rows = append(rows,
			command{verb: f.verb, run: runFace, params: 1, privilege: f.privilege, cost: 1,
				syntax: f.verb + " [-]<" + f.target + "> [<duration>] [:<reason>]", help: f.help + " A short form of UBAN ADD."},
			command{verb: "UN" + f.verb, run: runFace, params: 1, privilege: f.privilege, cost: 1,
				syntax: "UN" + f.verb + " <" + f.target + ">", help: "Removes " + article + " " + f.verb + "; same as UBAN DEL."})
	}
	return rows
}
