package main

import (
	"fmt"
	"slices"
	"strings"
)

// attack is a row of the table of worst waits: what is prepared, and what each adversary sends repeatedly.
type attack struct {
	name, title string
	// caps are the capabilities that the adversaries negotiate.
	caps string
	// before prepares the row while flood limits are off.
	before func(a *arena) error
	// line returns the n-th line that adversary i sends, or several lines, with their endings. Nil means that they send
	// nothing.
	line func(i, n int) string
	// rejoins makes an adversary that was disconnected reconnect and start again.
	rejoins bool
}

// chooseAttacks returns the rows with the given names.
func chooseAttacks(names string) (rows []attack, err error) {
	if names == everything {
		return attacks, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		at := slices.IndexFunc(attacks, func(a attack) bool { return a.name == name })
		if at < 0 {
			return nil, fmt.Errorf("unknown verb %q; choose from %s", name, attackNames())
		}
		rows = append(rows, attacks[at])
	}
	return rows, nil
}

func attackNames() string {
	var names []string
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

// always returns the line function of an attack that always sends the same line.
func always(line string) func(int, int) string { return func(int, int) string { return line + "\r\n" } }

// inTurns returns the line function of an attack that sends several lines in turns.
func inTurns(lines ...string) func(int, int) string {
	return func(_, n int) string { return lines[n%len(lines)] + "\r\n" }
}

// slowEntry returns the i-th of many equally slow bans on real names.
func slowEntry(i int) string { return fmt.Sprintf("$r:*%s#x%d", strings.Repeat("?", 70), i) }

var eight = numbered("#crowd", 8)

var attacks = []attack{
	{name: "idle", title: "the adversaries send nothing: the noise of the machine"},
	{name: "ping", title: "PING", line: always("PING x")},
	{name: "flags", title: "MODE +u-u+u-u... with 100 members that get the NAMES list", before: prepareFlags, line: always("MODE #flags " + strings.Repeat("+u-u", 115))},
	{name: "bans", title: "MODE +b-b+b-b... *?*!*@* beside 97 slow bans, 50 operators", before: prepareBans, line: always("MODE #b " + strings.Repeat("+b-b", 10) + strings.Repeat(" *?*!*@*", 20))},
	{name: "nick", title: "NICK in 50 channels with 97 slow bans each", before: prepareNick, line: func(i, n int) string { return fmt.Sprintf("NICK n%dx%d\r\n", i, n) }},
	{name: "say50", title: "PRIVMSG to 8 channels with 97 slow bans each", before: prepareNick, line: always("PRIVMSG " + numbered("#n", 8) + " :hello")},
	{name: "join", title: "JOIN of one channel 165 times, +i with 99 slow invite exceptions", before: prepareInvite(1), line: always("JOIN " + strings.Repeat("#i0,", 120) + "#i0")},
	{name: "join50", title: "JOIN of 50 such channels", before: prepareInvite(49), line: always("JOIN " + numbered("#i", 49))},
	{name: "filter", title: "PRIVMSG against 31 slow masks of +g", before: prepareFilter, line: always("PRIVMSG #f :" + strings.Repeat("a", 400))},
	{name: "filterml", title: "a multiline message of 4 KiB against them", caps: "batch draft/multiline message-tags", before: prepareFilter, line: multiline("#f", 10, 400)},
	{name: "list", title: "MODE #l b with 100 long bans", before: prepareList, line: always("MODE #l b")},
	{name: "history", title: "CHATHISTORY LATEST * 100 of messages of 100 lines", caps: "batch draft/chathistory message-tags server-time", before: prepareHistory, line: always("CHATHISTORY LATEST #h * 100")},
	{name: "HISTORY", title: "HISTORY 100 of the same", before: prepareHistory, line: always("HISTORY #h 100")},
	{name: "targets", title: "CHATHISTORY TARGETS", caps: "batch draft/chathistory message-tags server-time", before: joinCrowd, line: always("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 100")},
	{name: "playback", title: "PLAY * of the same", caps: "batch server-time znc.in/playback", before: prepareHistory, line: always("PRIVMSG *playback :PLAY * 0")},
	{name: "rejoin", title: "JOIN and PART of 25 channels of 1,000, with hosts in NAMES", caps: "userhost-in-names multi-prefix", line: inTurns("JOIN "+numbered("#crowd", crowdChannels), "PART "+numbered("#crowd", crowdChannels))},
	{name: "cycle", title: "CYCLE of a channel of 1,000", caps: "userhost-in-names", before: joinCrowd, line: always("CYCLE #crowd0")},
	{name: "names", title: "NAMES of 8 channels of 1,000", caps: "userhost-in-names", before: joinCrowd, line: always("NAMES " + eight)},
	{name: "who", title: "WHO of a channel of 1,000", before: joinCrowd, line: always("WHO #crowd0")},
	{name: "whox", title: "WHO of a channel of 1,000, all fields", before: joinCrowd, line: always("WHO #crowd0 %tcuihsnfdlaor,1")},
	{name: "whomask", title: "WHO with a mask that matches nobody", before: joinCrowd, line: always("WHO *?*?*?*?*?*?*nobody")},
	{name: "whois", title: "WHOIS of a user in 26 channels", before: joinCrowd, line: always("WHOIS m1")},
	{name: "channels", title: "LIST of 1,000 channels", line: always("LIST")},
	{name: "monitor", title: "MONITOR + 100 nicks, and C", line: inTurns("MONITOR + "+numbered("m", 100), "MONITOR C")},
	{name: "ison", title: "ISON of 100 nicks", line: always("ISON " + strings.ReplaceAll(numbered("m", 100), ",", " "))},
	{name: "metadata", title: "METADATA SET of 20 keys, and CLEAR, in 25 channels of 1,000", caps: "batch draft/metadata-2", before: joinCrowd, line: metadataLine},
	{name: "sync", title: "METADATA SYNC of a channel of 1,000", caps: "batch draft/metadata-2", before: prepareSync, line: always("METADATA #crowd0 SYNC")},
	{name: "say", title: "PRIVMSG to 8 channels of 1,000", before: joinCrowd, line: always("PRIVMSG " + eight + " :hello")},
	{name: "tagmsg", title: "TAGMSG to 8 channels of 1,000, with 4 KiB of tags", caps: "message-tags", before: joinCrowd, line: always("@+a=" + strings.Repeat("x", 4000) + " TAGMSG " + eight)},
	{name: "away", title: "AWAY in 25 channels of 1,000 that are notified", before: joinCrowd, line: inTurns("AWAY :gone", "AWAY")},
	{name: "setname", title: "SETNAME in 25 channels of 1,000 that are notified", caps: "setname", before: joinCrowd, line: inTurns("SETNAME :one", "SETNAME :two")},
	{name: "nickbig", title: "NICK in 25 channels of 1,000", before: joinCrowd, line: func(i, n int) string { return fmt.Sprintf("NICK n%dx%d\r\n", i, n) }},
	{name: "voice", title: "MODE +v-v in a channel of 1,000", before: prepareRanks, line: always("MODE #crowd0 +" + strings.Repeat("v", 20) + strings.ReplaceAll(","+numbered("m", 20), ",", " "))},
	{name: "topic", title: "TOPIC in a channel of 1,000", before: prepareRanks, line: inTurns("TOPIC #crowd0 :one", "TOPIC #crowd0 :two")},
	{name: "invite", title: "INVITE into a channel of 1,000", before: prepareRanks, line: func(_, n int) string { return fmt.Sprintf("INVITE m%d #crowd0\r\n", n%crowdSize) }},
	{name: "caps", title: "CAP REQ that changes the shape of lines", line: inTurns("CAP REQ :server-time message-tags batch", "CAP REQ :-server-time -message-tags -batch")},
	{name: "markread", title: "MARKREAD", caps: "draft/read-marker", before: joinCrowd, line: func(_, n int) string {
		return fmt.Sprintf("MARKREAD #crowd0 timestamp=2026-01-01T00:%02d:%02d.000Z\r\n", n/60%60, n%60)
	}},
	{name: "silence", title: "SILENCE of 32 masks, and their list", before: prepareSilence, line: always("SILENCE")},
	{name: "help", title: "HELP", line: always("HELP")},
	{name: "info", title: "INFO, MOTD, VERSION and ISUPPORT", line: inTurns("INFO", "MOTD", "VERSION", "COMMANDS")},
	{name: "stats", title: "STATS u and p, LUSERS, USERS and LINKS", line: inTurns("STATS u", "STATS p", "LUSERS", "LINKS", "IRCOPS")},
	{name: "nonsense", title: "lines that are no command", line: always("NONSENSE " + strings.Repeat("x ", 200))},
	{name: "quit", title: "QUIT out of 25 channels of 1,000, and back", before: joinCrowd, rejoins: true, line: inTurns("JOIN "+numbered("#crowd", crowdChannels), "QUIT :bye")},
}

// metadataLine sets 20 keys and then removes them.
func metadataLine(_, n int) string {
	if n%21 == 20 {
		return "METADATA * CLEAR\r\n"
	}
	return fmt.Sprintf("METADATA * SET key%d :%s\r\n", n%21, strings.Repeat("v", 200))
}

// multiline returns the line function of an attack that sends multiline messages.
func multiline(target string, lines, bytes int) func(int, int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "BATCH +1 draft/multiline %s\r\n", target)
	for range lines {
		fmt.Fprintf(&b, "@batch=1 PRIVMSG %s :%s\r\n", target, strings.Repeat("a", bytes))
	}
	b.WriteString("BATCH -1\r\n")
	return func(int, int) string { return b.String() }
}
