package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFoldersOfEarlierVersions starts the daemon with the folders that earlier versions left when they were killed
// while people talked. Every later version has to find what is in them. Such a folder never changes; a version that
// writes something new gets a folder of its own, data-2 and so on.
func TestFoldersOfEarlierVersions(t *testing.T) {
	s := serve(t, settings{"history": "keep_for = \"0\"", "channels": "ranks = \"qaohv\"", "flood": quick["flood"]})
	s.stop()
	data := filepath.Join(s.dir, "data")
	require.NoError(t, os.RemoveAll(data))
	require.NoError(t, os.CopyFS(data, os.DirFS("testdata/data-1")))
	require.True(t, s.start(), s.log())
	s.logs("msg=\"state loaded\"")

	r := dial(t, "tcp", s.plain)
	r.nick = "carol"
	r.send("CAP REQ :batch draft/chathistory draft/multiline draft/metadata-2 message-tags\r\nNICK carol\r\nUSER u 0 * :U\r\nCAP END")
	r.sees(" (376|422) ")
	r.send("JOIN #new key")
	entered := strings.Join(r.until(" 366 "), "\n")
	require.Contains(t, entered, " 332 carol #new :the topic")
	r.send("MODE #new")
	require.Contains(t, r.sees(" 324 "), " #new +klPnt key 50")
	for list, entry := range map[string]string{"b": "*!*@bad.example", "e": "*!*@good.example", "I": "*!*@friend.example"} {
		r.send("MODE #new %s", list)
		require.Contains(t, strings.Join(r.until(" (368|349|347) "), "\n"), " "+entry+" alice!alice@127.0.0.1 ")
	}
	r.send("METADATA #new GET url")
	r.sees(" 761 carol #new url .*https://c.example")
	r.send("CHATHISTORY LATEST #new * 100")
	_, batch, _ := strings.Cut(r.sees(` BATCH \+\w+ chathistory #new`), " BATCH +")
	lines := strings.Join(r.until(" BATCH -"+strings.Fields(batch)[0]+"$"), "\n")
	for _, text := range []string{" PRIVMSG #new :first words", " PRIVMSG #new :line one", " PRIVMSG #new :line two", " PRIVMSG #new :to be deleted", " PRIVMSG #new :last words"} {
		require.Contains(t, lines, text)
	}
	r.send("PRIVMSG #new :some spamword here")
	r.sees("no spam")
	r.send("JOIN #reserved")
	r.sees(" (403|437|479) carol #reserved ")
}
