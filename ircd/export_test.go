package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExport(t *testing.T) {
	p, root := launchWithOper(t)
	bob := p.connect("", "bob")
	root.say("JOIN #c", "MODE #c +Pk sesame")
	root.until("MODE #c +Pk")
	root.say("MODE #c +b *!*@bad.example", "TOPIC #c :what <lasts>", "KLINE 1d bad@worse.example :no", "FILTER ADD block *spam* :spam", "METADATA #c SET url :https://example.org")
	bob.say("JOIN #c sesame")
	bob.until(" 366 ")
	root.say("MODE #c +v bob", "PRIVMSG #c :hello & goodbye", "PRIVMSG bob :only you", "PING end")
	root.until(" PONG ")
	read := func() (lines []map[string]any) {
		file := filepath.Join(t.TempDir(), "export.jsonl")
		r := ircd("", "export", file, "-c", p.path)
		require.Equal(t, ran{exitOK, "", ""}, r)
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(content)) {
			x := map[string]any{}
			require.NoError(t, json.Unmarshal([]byte(line), &x), line)
			lines = append(lines, x)
		}
		require.Equal(t, "bavard-export", lines[0]["type"])
		require.EqualValues(t, 1, lines[0]["version"])
		return lines
	}
	find := func(lines []map[string]any, kind, text string) map[string]any {
		for _, x := range lines {
			if x["type"] == kind && strings.Contains(fmt.Sprint(x), text) {
				return x
			}
		}
		require.FailNow(t, "not exported", "%s %s in %v", kind, text, lines)
		return nil
	}
	channel := find(read(), "channel", "#c") // from a running daemon
	require.Contains(t, channel, "topic", "%v", channel)
	require.Equal(t, "what <lasts>", channel["topic"].(map[string]any)["text"])
	require.Contains(t, channel["modes"], "P")
	require.Contains(t, channel["mode_params"], "sesame")
	ban := channel["lists"].(map[string]any)["b"].([]any)[0].(map[string]any)
	require.Equal(t, "*!*@bad.example", ban["mask"])
	require.Equal(t, []any{map[string]any{"nick": "root", "ranks": "~@"}, map[string]any{"nick": "bob", "ranks": "+"}}, channel["members"])
	require.Equal(t, map[string]any{"url": "https://example.org"}, channel["metadata"])

	p.terminate()
	lines := read()
	require.NotContains(t, find(lines, "channel", "#c"), "members", "nobody is on a server that does not run")
	server := find(lines, "server_ban", "bad@worse.example")
	require.Equal(t, "ban", server["kind"])
	require.Equal(t, "no", server["reason"])
	require.NotEmpty(t, server["until"])
	require.Equal(t, "block", find(lines, "filter", "*spam*")["action"])
	said := find(lines, "line", "hello & goodbye")
	require.Equal(t, "PRIVMSG", said["verb"])
	require.Equal(t, channel["id"], said["channel"])
	require.Equal(t, "#c", said["name"])
	require.Equal(t, []any{"hello & goodbye"}, said["params"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, said["time"])
	require.Equal(t, "TOPIC", find(lines, "line", "what <lasts>")["verb"])

	r := ircd("", "export", "-", "-c", p.path)
	require.Equal(t, exitOK, r.code)
	require.Equal(t, len(lines), strings.Count(r.out, "\n"))
	existing := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(existing, nil, 0o600))
	r = ircd("", "export", existing, "-c", p.path)
	require.Equal(t, ran{exitError, "", "bavard: nothing was exported: cannot write " + existing + ": it already exists\n"}, r)
	fresh, _ := configIn(t, plainListener)
	target := filepath.Join(t.TempDir(), "x")
	r = ircd("", "export", target, "-c", fresh)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.errors, "nothing was exported: ")
	require.Equal(t, 1, strings.Count(r.errors, "\n"))
	require.NoFileExists(t, target)
}
