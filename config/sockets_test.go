package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func twoListeners(first, second string) string {
	return fmt.Sprintf("[[listeners]]\naddress = %q\n\n[[listeners]]\naddress = %q\n", first, second)
}

func TestOverlapNamesBothLines(t *testing.T) {
	for _, c := range [][3]string{
		{"127.0.0.1:6667", "127.0.0.1:6667", `"127.0.0.1:6667" is already used in line 2`},
		{"127.0.0.1:6667", "localhost:6667", `"localhost:6667" is the same address as "127.0.0.1:6667" in line 2`},
		{"localhost:6667", "[::ffff:127.0.0.1]:6667", `"[::ffff:127.0.0.1]:6667" is the same address as "localhost:6667" in line 2`},
		{"[::]:6667", "0.0.0.0:6667", `"0.0.0.0:6667" is the same address as "[::]:6667" in line 2`},
		{"[::1]:6667", ":6667", `":6667" is port 6667 on every address, including "[::1]:6667" in line 2`},
		{":6667", "192.0.2.1:6667", `"192.0.2.1:6667" is already covered by ":6667" in line 2, which is port 6667 on every address`},
		{"systemd:irc", "systemd:irc", `"systemd:irc" is already used in line 2`},
	} {
		require.Equal(t, []string{"5: listeners.address: " + c[2]}, mistakes(t, twoListeners(c[0], c[1])))
	}
	require.True(t, accepts(twoListeners("[fe80::1%eth0]:6667", "[fe80::1%eth1]:6667")), "link-local addresses of two interfaces")
	require.True(t, accepts(twoListeners("systemd:irc", "systemd:irc#2")))
	require.Equal(t, []string{`8: listeners.address: "localhost:6667" is the same address as "127.0.0.1:6667" in line 2`},
		mistakes(t, twoListeners("127.0.0.1:6667", "127.0.0.1:6668")+"\n[[listeners]]\naddress = \"localhost:6667\"\nwebsocket = true\n"),
		"whatever is spoken on them, and wherever they are in the list")
}

func TestOverlappingUnixSockets(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "run"), 0o755))
	require.NoError(t, os.Symlink("run", filepath.Join(dir, "var")))
	for second, overlaps := range map[string]bool{
		"unix:run/irc.sock":                          true,
		"unix:./run/../run/irc.sock":                 true,
		"unix:" + filepath.Join(dir, "run/irc.sock"): true,
		"unix:var/irc.sock":                          true,
		"unix:run/web.sock":                          false,
		"unix:irc.sock":                              false,
		"unix:missing/irc.sock":                      false,
	} {
		_, err := Parse(filepath.Join(dir, "c.toml"), []byte(twoListeners("unix:run/irc.sock", second)))
		if !overlaps {
			require.NoError(t, err, second)
			continue
		}
		require.ErrorContains(t, err, "c.toml:5: listeners.address: ", second)
		require.ErrorContains(t, err, "in line 2", second)
	}
}

func TestClassesFindTheirListeners(t *testing.T) {
	dir := t.TempDir()
	text := "[[listeners]]\naddress = \"unix:irc.sock\"\n[[listeners]]\naddress = \"127.0.0.1:6667\"\n[[classes]]\nname = \"a\"\nlisteners = [%s]\n"
	cfg, err := Parse(filepath.Join(dir, "c.toml"), fmt.Appendf(nil, text, `"unix:irc.sock", "localhost:6667"`))
	require.NoError(t, err)
	require.Equal(t, []string{"unix:" + filepath.Join(dir, "irc.sock"), "127.0.0.1:6667"}, cfg.Classes[0].Listeners)
	for _, other := range []string{":6667", "127.0.0.2:6667", "127.0.0.1:6668", "unix:other.sock", "nonsense"} {
		_, err = Parse(filepath.Join(dir, "c.toml"), fmt.Appendf(nil, text, strconv.Quote(other)))
		require.ErrorContains(t, err, "is not the address of one of the [[listeners]]: "+strconv.Quote(other))
	}
}

func TestNamesInTwoSpellings(t *testing.T) {
	for list, rest := range map[string]string{
		"opers": "password = \"" + aHash + "\"\n", "oper_classes": "", "classes": "",
	} {
		section := "[[" + list + "]]\nname = %q\n" + rest
		text := fmt.Sprintf(section, "Alice") + fmt.Sprintf(section, "bob") + fmt.Sprintf(section, "alice")
		line := 2*(2+strings.Count(rest, "\n")) + 2
		require.Equal(t, []string{strconv.Itoa(line) + ": " + list + `.name: "alice" is already used in line 2; case does not count`}, mistakes(t, text))
	}
}

// Clients' addresses are never IPv4 written as IPv6, so such a network would match nobody.
func TestMappedNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"::ffff:192.0.2.0/120":   "192.0.2.0/24",
		"::ffff:192.0.2.7":       "192.0.2.7/32",
		"::ffff:192.0.2.128/121": "192.0.2.128/25",
		"::ffff:0:0/96":          "0.0.0.0/0",
		"::/0":                   "::/0",
		"2001:db8::/32":          "2001:db8::/32",
	} {
		cfg, err := Parse("c.toml", []byte("[limits]\nexempt = ["+strconv.Quote(text)+"]\n"))
		require.NoError(t, err, text)
		require.Equal(t, want, cfg.Limits.Exempt[0].String())
	}
}
