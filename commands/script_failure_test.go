package commands

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireScript fails at the first difference between a script and the received lines. The message has the case, the
// action, both texts, and the commands to type next. how says in which of the runs it happened; "" is the first.
func requireScript(t *testing.T, file, want, got, how string) {
	t.Helper()
	if want != got {
		require.FailNow(t, explain(file, want, got, how))
	}
}

// linesBefore and linesAfter are the numbers of lines shown around a difference, and mostDifferent is the limit for
// each side of the difference.
const (
	linesBefore   = 4
	linesAfter    = 2
	mostDifferent = 25
)

// explain describes the first difference between two versions of a script.
func explain(file, want, got, how string) string {
	wanted, gotten := strings.Split(want, "\n"), strings.Split(got, "\n")
	at := 0
	for at < len(wanted) && at < len(gotten) && wanted[at] == gotten[at] {
		at++
	}
	theCase, action := "", ""
	for _, line := range gotten[:at] {
		word, _, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "## "):
			theCase = ", case \"" + line[3:] + "\""
		case strings.HasPrefix(line, "@"), strings.HasSuffix(word, ">"):
			action = line
		}
	}
	name := strings.TrimSuffix(filepath.Base(file), ".txt")
	run := "go test ./commands -run '^TestScripts$/^" + name + "$'"
	var b strings.Builder
	fmt.Fprintf(&b, "commands/%s:%d%s%s\n", file, at+1, theCase, how)
	fmt.Fprintf(&b, "after %q; - is what the script says, + what was received\n\n", action)
	for _, line := range wanted[max(0, at-linesBefore):at] {
		b.WriteString("  " + line + "\n")
	}
	gone, come := apart(wanted[at:], gotten[at:])
	show := func(sign string, lines []string) {
		for i, line := range lines {
			if i == mostDifferent {
				fmt.Fprintf(&b, "%s ... and %d lines more\n", sign, len(lines)-i)
				break
			}
			b.WriteString(sign + " " + line + "\n")
		}
	}
	show("-", wanted[at:at+gone])
	show("+", gotten[at:at+come])
	show(" ", wanted[at+gone:min(len(wanted), at+gone+linesAfter)])
	fmt.Fprintf(&b, "\nAlone:   %s\n", run)
	if how == "" {
		fmt.Fprintf(&b, "If what was received is right: %s -update\nand read the difference before you believe it: git diff commands/%s\n", run, file)
	}
	return b.String()
}

// apart returns the numbers of lines on each side before the two sides are the same again.
func apart(want, got []string) (gone, come int) {
	for sum := 0; sum < len(want)+len(got); sum++ {
		for gone = max(0, sum-len(got)); gone <= min(sum, len(want)); gone++ {
			if come = sum - gone; gone < len(want) && come < len(got) && want[gone] == got[come] {
				return gone, come
			}
		}
	}
	return len(want), len(got)
}

func TestAFailingScriptSaysWhere(t *testing.T) {
	want := "@connect alice\n## the first\nalice> PING :a\nalice< PONG a\n## the second\nalice> PING :b\nalice< PONG b\nalice> PING :c\nalice< PONG c\n"
	got := strings.Replace(want, "alice< PONG b\n", "alice< PONG x\nalice< PONG y\n", 1)
	require.Equal(t, `commands/testdata/ping.txt:7, case "the second"
after "alice> PING :b"; - is what the script says, + what was received

  alice> PING :a
  alice< PONG a
  ## the second
  alice> PING :b
- alice< PONG b
+ alice< PONG x
+ alice< PONG y
  alice> PING :c
  alice< PONG c

Alone:   go test ./commands -run '^TestScripts$/^ping$'
If what was received is right: go test ./commands -run '^TestScripts$/^ping$' -update
and read the difference before you believe it: git diff commands/testdata/ping.txt
`, explain("testdata/ping.txt", want, got, ""))
	require.Contains(t, explain("testdata/ping.txt", want, "", " (played again)"), `testdata/ping.txt:1 (played again)`)
	require.NotContains(t, explain("testdata/ping.txt", want, "", " (played again)"), "-update")
}

// TestTokensProveIdentity checks that the same id has the same token for all clients, and that a different id has a
// different one.
func TestTokensProveIdentity(t *testing.T) {
	const first, second, third = "3239J71MK60000000000040000", "3239J71MK60000000000048000", "3239J71MK6000000000004G000"
	r, alice, bob := newReader(), &actor{}, &actor{}
	require.Equal(t, []string{"@msgid=MSGID(hi) :a!a@h PRIVMSG #c :hi", "@msgid=MSGID(hi 2) :a!a@h PRIVMSG #c :hi", "@msgid=MSGID(a JOIN #c) :a!a@h JOIN #c * :A"},
		r.read(alice, []string{"@msgid=" + first + " :a!a@h PRIVMSG #c :hi", "@msgid=" + second + " :a!a@h PRIVMSG #c :hi", "@msgid=" + third + " :a!a@h JOIN #c * :A"}))
	require.Equal(t, []string{
		":irc.test BATCH +BATCH1 chathistory #c", "@batch=BATCH1;msgid=MSGID(hi 2) :a!a@h PRIVMSG #c :(deleted)", ":irc.test BATCH -BATCH1",
		":irc.test BATCH +BATCH2 chathistory #c", "@batch=BATCH2;msgid=MSGID(hi) :a!a@h PRIVMSG #c :hi", ":irc.test BATCH -BATCH2",
	}, r.read(bob, []string{
		":irc.test BATCH +7 chathistory #c", "@batch=7;msgid=" + second + " :a!a@h PRIVMSG #c :(deleted)", ":irc.test BATCH -7",
		":irc.test BATCH +8 chathistory #c", "@batch=8;msgid=" + first + " :a!a@h PRIVMSG #c :hi", ":irc.test BATCH -8",
	}))
	require.Equal(t, []string{":irc.test BATCH +BATCH1 chathistory #c"}, r.read(bob, []string{":irc.test BATCH +9 chathistory #c"}), "numbers begin again with each action")
	require.Equal(t, []string{":irc.test BATCH +BATCH2 chathistory #c"}, r.read(bob, []string{":irc.test BATCH +A chathistory #c"}), "and never with that of an open batch")
	require.Equal(t, "REDACT #c "+second+" :"+first, r.withIDs(t, "REDACT #c MSGID(hi 2) :MSGID(hi)"))
}

// TestAWelcomeIsShortOnlyWhenItIsWhole checks that a welcome is shown in full if a line is missing or out of order.
func TestAWelcomeIsShortOnlyWhenItIsWhole(t *testing.T) {
	g := newStage(t, testConfig)
	a := g.open("alice", "127.0.0.1", false, "")
	g.say(a, "NICK alice")
	g.say(a, "USER alice 0 * :Alice")
	lines := a.take()
	require.Equal(t, []string{"(welcome) alice!alice@127.0.0.1", ":irc.test 221 alice +i"}, shorten(lines))
	for i := range lines[:len(lines)-1] {
		less := append(append([]string(nil), lines[:i]...), lines[i+1:]...)
		require.NotEqual(t, shorten(lines), shorten(less), "without %q", lines[i])
	}
	swapped := append([]string{lines[1], lines[0]}, lines[2:]...)
	require.NotEqual(t, shorten(lines), shorten(swapped))
}
