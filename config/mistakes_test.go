package config

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// mistakes returns every message for a text, without the file's name.
func mistakes(t *testing.T, text string) []string {
	t.Helper()
	_, err := Parse("c.toml", []byte(text))
	if err == nil {
		return nil
	}
	var problems Problems
	require.ErrorAs(t, err, &problems)
	var got []string
	for _, p := range problems {
		line, ok := strings.CutPrefix(p.String(), "c.toml")
		require.True(t, ok, p)
		got = append(got, strings.TrimPrefix(line, ":"))
	}
	return got
}

func TestAllMistakesAtOnce(t *testing.T) {
	require.Equal(t, []string{
		"3: server.name: must contain a dot, such as irc.example.org",
		"4: server.netwrok: unknown option; did you mean network?",
		"7: limits.send_queue: must be a size such as \"64KiB\", \"1MiB\" or \"512B\", not \"64kb\"",
	}, mistakes(t, "# mine\n[server]\nname = \"nodot\"\nnetwrok = \"x\"\n\n[limits]\nsend_queue = \"64kb\"\n"))
}

func TestSyntaxMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"[server]\nname = \n":                                "2: server.name: syntax error",
		"\n[server\nname = 3\n":                              "2: syntax error",
		"[server]\nname = \"a\nb\"\n":                        "2: server.name: syntax error",
		"[server]\nname=\"a.b\"\nname=\"c.d\"\n":             "3: server.name: is set twice",
		"[server]\n[log]\n[server]\n":                        "3: server: is set twice",
		"\x1f":                                               "1: syntax error",
		"<html>\n":                                           "1: syntax error",
		"[server]\npassword = hunter2\n":                     "2: server.password: syntax error: a string must be in quotes",
		"[[opers]]\nname = \"a\"\npassword = 3hunter2\n":     "3: opers: syntax error",
		"[server]\npassword = \"hunter2\nhunter2\"\nx = 1\n": "2: server.password: syntax error: a string must be in quotes",
	} {
		got := mistakes(t, text)
		require.Len(t, got, 1, text)
		require.True(t, strings.HasPrefix(got[0], want), "%q: %s", text, got[0])
		require.NotContains(t, got[0], "hunter2")
	}
}

// oneOper is a valid operator section, to which a test adds a mistake.
const oneClass = "[[oper_classes]]\nname = \"a\"\n"

const oneOper = "[[opers]]\nname = \"a\"\npassword = \"" + aHash + "\"\n"

// wrongFiles maps files with one mistake each to the expected message.
var wrongFiles = map[string]string{
	// Unknown options and sections.
	"nick_lenght = 3":          "1: nick_lenght: unknown option; did you mean nick_length below [limits]?",
	"motd = \"x\"":             "1: motd: is outside its section: it belongs below [server]",
	"zzzzzzzzz = 1":            "1: zzzzzzzzz: unknown option",
	"[limit]\na = 1\nb = 2":    "1: limit: unknown section; did you mean [limits]?",
	"[oper]":                   "1: oper: unknown section; did you mean [[opers]]?",
	"[quux.deep]\na = 1":       "1: quux: unknown section",
	"[server]\nNAME = \"a.b\"": "2: server.NAME: unknown option; did you mean name?",
	"[server]\nautojoin = []":  "2: server.autojoin: unknown option; there is one with this name in [channels]",
	"[server]\nfoo.bar = 1":    "2: server.foo: unknown option",
	"[server.name]\nx = 1":     "1: server.name: must be a string in quotes, not a section",
	oneOper + "clas = \"x\"":   "4: opers.clas: unknown option; did you mean class?",
	"[[listeners]]\nadress = \"127.0.0.1:1\"\naddress = \"127.0.0.1:1\"": "2: listeners.adress: unknown option; did you mean address?",
	// Wrong types.
	"server = 3": "1: server: must be a single section: write [server] once, with its options below it",
	"[[server]]": "1: server: must be a single section: write [server] once, with its options below it",
	"[listeners]\naddress = \"127.0.0.1:6667\"":           "1: listeners: must be a list of sections: write [[listeners]], with double brackets, for each",
	"listeners = [ \"127.0.0.1:6667\" ]":                  "1: listeners: write [[listeners]] for each, with its options below it",
	"[server]\nname = 5":                                  "2: server.name: must be a string in quotes, not 5",
	"[server]\nutf8_only = \"yes\"":                       "2: server.utf8_only: must be true or false, without quotes, not \"yes\"",
	"[server]\npassword = 12345":                          "2: server.password: must be a string in quotes",
	"[limits]\nnick_length = \"30\"":                      "2: limits.nick_length: must be a whole number, without quotes, not \"30\"",
	"[limits]\nnick_length = 1.5":                         "2: limits.nick_length: must be a whole number, without quotes, not 1.5",
	"[limits]\nnick_length = 2026-11-20":                  "2: limits.nick_length: must be a whole number, without quotes, not a date",
	"[limits]\nexempt = \"10.0.0.0/8\"":                   "2: limits.exempt: must be a list in brackets, such as [\"a\", \"b\"], not \"10.0.0.0/8\"",
	"[limits]\nexempt = [\n\"10.0.0.0/8\",\n5]":           "4: limits.exempt: must be a string in quotes, not 5",
	"[limits]\nping_timeout = 90":                         "2: limits.ping_timeout: needs a unit, such as \"90s\" or \"90m\"",
	"[limits]\nping_timeout = true":                       "2: limits.ping_timeout: must be a string in quotes, not true",
	"[history]\ntotal_size = [1]":                         "2: history.total_size: must be a string in quotes, not a list",
	"[history]\ntotal_size = -1":                          "2: history.total_size: must be a size such as \"64KiB\", \"1MiB\" or \"512B\"",
	"[[listeners]]\naddress = \"unix:/x\"\nmode = 0o7777": "3: listeners.mode: must be permissions in octal, such as \"0660\"",
	// Wrong values.
	"[server]\nname = \"\"":                                                    "2: server.name: must not be empty",
	"[server]\nname = \"a b.c\"":                                               "2: server.name: can contain only letters a-z, digits, '-' and dots",
	"[server]\nname = \"a..b\"":                                                "2: server.name: must not start or end with a dot, or contain two dots in a row",
	"[server]\nname = \"-a.b\"":                                                "2: server.name: must not have a '-' next to a dot, or at the start or end",
	"[server]\nname = \"" + strings.Repeat("a.", 31) + "aa\"":                  "2: server.name: must be at most 63 bytes long, not 64",
	"[server]\nicon = \"example.org/icon.png\"":                                "2: server.icon: must be a URL such as https://example.org/icon.svg",
	"[server]\nicon = \"ftp://example.org/icon.png\"":                          "2: server.icon: must be a URL such as https://example.org/icon.svg",
	"[server]\nicon = \"https://example.org/an icon\"":                         "2: server.icon: must not contain spaces, and non-ASCII characters must be written as %XX",
	"[server]\nicon = \"https://example.org/\u00ef\"":                          "2: server.icon: must not contain spaces, and non-ASCII characters must be written as %XX",
	"[server]\nicon = \"https://example.org/" + strings.Repeat("=", 72) + "\"": "2: server.icon: is too long for an IRC line",
	"[server]\nclient_tag_deny = [\"+typing\"]":                                "2: server.client_tag_deny: must be the name of a tag without its '+', such as typing or draft/react, not \"+typing\"",
	"[server]\nclient_tag_deny = [\"a\", \"\"]":                                "2: server.client_tag_deny: must be the name of a tag without its '+', such as typing or draft/react, not \"\"",
	"[server]\nclient_tag_deny = [\"a\", \"*\"]":                               "2: server.client_tag_deny: * can only be the first entry",
	"[server]\nclient_tag_deny = [\"*\", \"a\"]":                               "2: server.client_tag_deny: * already blocks \"a\"; to allow it, put a '-' in front",
	"[server]\nclient_tag_deny = [\"-a\"]":                                     "2: server.client_tag_deny: \"-a\" starts with '-', which makes sense only after *",
	"[server]\nclient_tag_deny = [\"" + strings.Repeat("a", 301) + "\"]":       "2: server.client_tag_deny: can have at most 300 bytes in total",
	"[sts]\nenabled = true":                                                    "2: sts.enabled: needs a certificate for irc.localhost that clients trust, in tls.certificate or [[certificates]]; they do not trust a self-signed one",
	"[sts]\nhosts = [\"a b\"]":                                                 "2: sts.hosts: must be a host name, such as irc.example.org, not \"a b\"",
	"[server]\nnetwork = \"a=b\"":                                              "2: server.network: must not contain spaces, '=' or control characters",
	"[server]\nnetwork = \"a b\"":                                              "2: server.network: must not contain spaces, '=' or control characters",
	"[server]\ndescription = \"a\\r\\nb\"":                                     "2: server.description: must be one line without control characters",
	"[server]\nmotd = \"a\\u0000\"":                                            "2: server.motd: must be text without NUL bytes",
	"[server]\ncasemapping = \"asci\"":                                         "2: server.casemapping: must be \"ascii\" or \"rfc1459\"; did you mean \"ascii\"?",
	"[server]\npassword = \"hunter2\"":                                         "2: server.password: must be an argon2id hash, not the password itself; make one with 'bavard hash'",
	"[log]\nlevel = \"loud\"":                                                  "2: log.level: must be \"debug\", \"info\", \"warn\" or \"error\", not \"loud\"",
	"[tls]\ncertificate = \"a\"":                                               "2: tls.certificate: also needs tls.key: set both or neither",
	"[tls]\nkey = \"a\"":                                                       "2: tls.key: also needs tls.certificate: set both or neither",
	"[storage]\npath = \"a\\u0000\"":                                           "2: storage.path: must not contain a NUL byte",
	"[limits]\nnick_length = 0":                                                "2: limits.nick_length: must be between 1 and 64",
	"[limits]\nnick_length = 65":                                               "2: limits.nick_length: must be between 1 and 64",
	"[limits]\nsend_queue = \"31KiB\"":                                         "2: limits.send_queue: must be between 32KiB and 256MiB",
	"[limits]\nping_interval = \"0\"":                                          "2: limits.ping_interval: must be between 1s and 1h",
	"[limits]\nexempt = [\"all\"]":                                             "2: limits.exempt: must be an address or a network in CIDR form, such as 192.0.2.0/24 or 2001:db8::/32, not \"all\"",
	"[users]\ndefault_modes = \"o\"":                                           "2: users.default_modes: can contain only the characters " + lettersOf(userFlags()) + ", not \"o\"",
	"[channels]\nranks = \"qo\"":                                               "2: channels.ranks: must contain v",
	"[channels]\nranks = \"ov\"":                                               "2: channels.ranks: must contain q (founder), unless channels.hierarchy is \"classic\"",
	"[channels]\nranks = \"qovx\"":                                             "2: channels.ranks: can contain only the characters qaohv, not \"x\"",
	"[channels]\nranks = \"qoov\"":                                             "2: channels.ranks: contains o twice",
	"[channels]\ndefault_modes = \"nE\"":                                       "2: channels.default_modes: contains E (roleplay), but roleplay.enabled is false",
	"[relaymsg]\nseparators = \"/|\"":                                          "2: relaymsg.separators: can contain only the characters ()/, not \"|\"",
	"[relaymsg]\nhost = \"a b\"":                                               "2: relaymsg.host: must contain only ASCII characters, no spaces, and none of ! @ * ? ,",
	"[channels]\ndefault_modes = \"nk\"":                                       "2: channels.default_modes: can contain only the characters " + lettersOf(channelFlags()) + ", not \"k\"",
	"[metadata]\nallowed_keys = [\"avatar\",\n\"Bad\"]":                        "3: metadata.allowed_keys: a key can contain only letters a-z, digits, '_', '.', '/' and '-': \"Bad\"",
	"[metadata]\nallowed_keys = [\"\"]":                                        "2: metadata.allowed_keys: a key can contain only letters a-z, digits, '_', '.', '/' and '-': \"\"",
	"[metadata]\nmax_key_bytes = 8\nallowed_keys = [\"123456789\"]":            "3: metadata.allowed_keys: is longer than metadata.max_key_bytes: \"123456789\"",
	"[channels]\nautojoin = [\"#a\",\n\"b\"]":                                  "3: channels.autojoin: a channel name must start with #: \"b\"",
	"[channels]\nautojoin = [\"#a,b\"]":                                        "2: channels.autojoin: a channel name must not contain spaces, commas, colons, or control or invisible characters: \"#a,b\"",
	"[channels]\nautojoin = [\"#a\", \"#A\"]":                                  "2: channels.autojoin: is listed twice: \"#A\"",
	"[limits]\nchannel_length = 3\n[channels]\nautojoin = [\"#abc\"]":          "4: channels.autojoin: is longer than limits.channel_length: \"#abc\"",
	"[limits]\nchannels_per_user = 1\n[channels]\nautojoin = [\"#a\", \"#b\"]": "4: channels.autojoin: lists more channels than limits.channels_per_user allows",
	"[channels]\nautojoin = [" + strings.Repeat("\"#a\",", 21) + "]":           "2: channels.autojoin: can have at most 20 entries, not 21",
	// Listeners.
	"listeners = []": "1: listeners: must have at least one entry",
	"[[listeners]]\naddress = \":1\"\npath = \"/irc\"":                                                    "3: listeners.path: is only for listeners with websocket = true",
	"[[listeners]]\naddress = \":1\"\norigins = [\"*\"]":                                                  "3: listeners.origins: is only for listeners with websocket = true",
	"[[listeners]]\naddress = \":1\"\ntrusted_proxies = [\"192.0.2.0/24\"]":                               "3: listeners.trusted_proxies: is only for listeners with websocket = true",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\npath = \"irc\"":                                   "4: listeners.path: must start with / and contain no ?, # or spaces, such as \"/irc\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\npath = \"/irc?a=b\"":                              "4: listeners.path: must start with / and contain no ?, # or spaces, such as \"/irc\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\norigins = [\"https://a.test\", \"a.test\"]":       "4: listeners.origins: must be \"*\", \"null\", or a scheme and a host without a path, such as \"https://chat.example.org\", not \"a.test\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\norigins = [\"https://a.test/\"]":                  "4: listeners.origins: must be \"*\", \"null\", or a scheme and a host without a path, such as \"https://chat.example.org\", not \"https://a.test/\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\norigins = [\"https://a.*.test\"]":                 "4: listeners.origins: must be \"*\", \"null\", or a scheme and a host without a path, such as \"https://chat.example.org\", not \"https://a.*.test\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\norigins = [\"https://a.test:99999\"]":             "4: listeners.origins: must be \"*\", \"null\", or a scheme and a host without a path, such as \"https://chat.example.org\", not \"https://a.test:99999\"",
	"[[listeners]]\naddress = \":1\"\nwebsocket = true\ntor = true\ntrusted_proxies = [\"192.0.2.0/24\"]": "5: listeners.trusted_proxies: cannot be combined with tor = true, which keeps no addresses",
	"[[listeners]]\naddress = \":1\"\nproxy_from = [\"192.0.2.0/24\"]":                                    "3: listeners.proxy_from: is only for listeners with proxy = true",
	"[[listeners]]\naddress = \":1\"\ntor = true\nproxy = true":                                           "4: listeners.proxy: cannot be combined with tor = true, which keeps no addresses",
	"[[listeners]]\naddress = \":1\"\nhost = \"a b\"":                                                     "3: listeners.host: can contain only letters a-z, digits and .-_/",
	"[[listeners]]\naddress = \"systemd:\"":                                                               "2: listeners.address: needs a name after systemd:, such as systemd:irc",
	"[[listeners]]\naddress = \"systemd:a\"\nmode = \"0600\"":                                             "3: listeners.mode: is only for Unix sockets that the daemon opens itself",
	"[[certificates]]\ncertificate = \"a\"":                                                               "1: certificates: needs both certificate and key",
	"[[webirc]]\nname = \"a\"\nfrom = [\"192.0.2.7/32\"]\nfingerprint = \"ab\"":                           "4: webirc.fingerprint: must be 64 hexadecimal digits",
	"[[webirc]]\nname = \"a\"\nfrom = [\"192.0.2.7/32\"]":                                                 "1: webirc.password: is missing: set password or fingerprint",
	"[[listeners]]\ntls = true":                                                                           "1: listeners.address: is missing, such as \"127.0.0.1:6667\"",
	"[[listeners]]\naddress = 6667":                                                                       "2: listeners.address: must be a string in quotes, not 6667",
	"[[listeners]]\naddress = \"127.0.0.1\"":                                                              "2: listeners.address: must be an IP address and a port, such as 127.0.0.1:6667 or [::1]:6667, or unix: and a path, not \"127.0.0.1\"",
	"[[listeners]]\naddress = \"::1:6667\"":                                                               "2: listeners.address: must be an IP address and a port, such as 127.0.0.1:6667 or [::1]:6667, or unix: and a path, not \"::1:6667\"",
	"[[listeners]]\naddress = \"irc.example.org:1\"":                                                      "2: listeners.address: must start with an IP address, with localhost, or with the colon (every address), not \"irc.example.org\"",
	"[[listeners]]\naddress = \":65536\"":                                                                 "2: listeners.address: must end with a port number between 0 and 65535, not \"65536\"",
	"[[listeners]]\naddress = \":ircd\"":                                                                  "2: listeners.address: must end with a port number between 0 and 65535, not \"ircd\"",
	"[[listeners]]\naddress = \":+1\"":                                                                    "2: listeners.address: must end with a port number between 0 and 65535, not \"+1\"",
	"[[listeners]]\naddress = \":1\"\nmode = \"0600\"":                                                    "3: listeners.mode: is only for Unix sockets",
	"[[listeners]]\naddress = \"unix:\"":                                                                  "2: listeners.address: needs a path after unix:, such as unix:/run/bavard.sock",
	"[[listeners]]\naddress = \"unix:/a\"\ntls = true":                                                    "3: listeners.tls: is not available on a Unix socket",
	"[[listeners]]\naddress = \":1\"\n[[listeners]]\naddress = \":2\"\n[[listeners]]\naddress = \":1\"":   "6: listeners.address: \":1\" is already used in line 2",
	// Opers.
	"[[opers]]\npassword = \"" + aHash + "\"":                 "1: opers.name: is missing",
	"[[opers]]\nname = \"a\"":                                 "1: opers.password: is missing; make one with 'bavard hash', or set certificates",
	"[[opers]]\nname = \"a\"\npassword = 5":                   "3: opers.password: must be a string in quotes",
	"[[opers]]\nname = \"a b\"\npassword = \"" + aHash + "\"": "2: opers.name: must not contain spaces, colons or control characters",
	oneOper + oneOper:                                         "5: opers.name: \"a\" is already used in line 2; case does not count",
	oneOper + "hosts = []":                                    "4: opers.hosts: must have at least one pattern; \"*@*\" allows every host",
	oneOper + "hosts = [\"a@b\",\n\"x\"]":                     "5: opers.hosts: must look like user@host, such as *@192.0.2.*, not \"x\"",
	oneOper + "hosts = [\"n!a@b\"]":                           "4: opers.hosts: must look like user@host, such as *@192.0.2.*, not \"n!a@b\"",
	oneOper + "hosts = [\"*@192.0.2.0/33\"]":                  "4: opers.hosts: must look like user@host, such as *@192.0.2.*, not \"*@192.0.2.0/33\"",
	oneOper + "class = \"x\"":                                 "4: opers.class: no [[oper_classes]] has this name: \"x\"",
	oneOper + "certificates = [\"ab:cd\"]":                    "4: opers.certificates: must be a SHA-256 fingerprint: 64 hexadecimal digits, not \"ab:cd\"",
	oneOper + "auto = true":                                   "4: opers.auto: needs certificates: otherwise nothing would prove who connects",
	oneOper + "auto = true\ncertificates = [\"" + strings.Repeat("aB:", 31) + "ab\"]": "4: opers.auto: cannot be combined with a password, because clients do not give it when they connect",
	"[[oper_classes]]\ntitle = \"x\"":                                                 "1: oper_classes.name: is missing",
	"[[oper_classes]]\nname = \"a b\"":                                                "2: oper_classes.name: must not contain spaces, colons or control characters",
	"[[oper_classes]]\nname = \"a\"\n[[oper_classes]]\nname = \"a\"":                  "4: oper_classes.name: \"a\" is already used in line 2; case does not count",
	oneClass + "extends = \"b\"":                                                      "3: oper_classes.extends: no [[oper_classes]] has this name: \"b\"",
	oneClass + "extends = \"a\"":                                                      "3: oper_classes.extends: makes the class extend itself: \"a\"",
	oneClass + "privileges = [\"kill\",\n\"kil\"]":                                    "4: oper_classes.privileges: unknown privilege \"kil\"; did you mean \"kill\"?",
	oneClass + "snomasks = \"+kZ\"":                                                   "3: oper_classes.snomasks: can contain only the characters " + lettersOf(state.Snomasks()) + " or *, not \"Z\"",
	oneClass + "title = \"a\\nb\"":                                                    "3: oper_classes.title: must be one line without control characters",
	oneClass + "vhost = \"a b\"":                                                      "3: oper_classes.vhost: can contain only letters a-z, digits and .:-_/, and must not start with a colon",
	"[defcon]\nlevel3 = [\"channels\",\n\"all\"]":                                     "3: defcon.level3: must be one of connections, unregistered, channels, talk, not \"all\"",
	"[[blocklists]]\nscore = 3":                                                       "1: blocklists.zone: is missing, such as \"dnsbl.example.org\"",
	"[[blocklists]]\nzone = \"a b.c\"":                                                "2: blocklists.zone: can contain only letters a-z, digits, '-' and dots",
	"[[blocklists]]\nzone = \"a.b\"\nreplies = [1,\n256]":                             "4: blocklists.replies: must be between 1 and 255",
	"[[blocklists]]\nzone = \"a.b\"\n[[blocklists]]\nzone = \"A.b.\"":                 "4: blocklists.zone: is listed twice: \"a.b\"",
	"[[classes]]\nflood_rate = 3":                                                     "1: classes.name: is missing",
	"[[classes]]\nname = \"a b\"":                                                     "2: classes.name: must not contain spaces, colons or control characters",
	"[[classes]]\nname = \"a\"\nlisteners = [\"127.0.0.1:1\"]":                        "3: classes.listeners: is not the address of one of the [[listeners]]: \"127.0.0.1:1\"",
	"[[classes]]\nname = \"a\"\nsend_queue = \"1KiB\"":                                "3: classes.send_queue: must be 0 or at least 32KiB",
	"[[classes]]\nname = \"a\"\nping_timeout = \"10ms\"":                              "3: classes.ping_timeout: must be 0 or at least 1s",
	"[[classes]]\nname = \"a\"\ntls = \"maybe\"":                                      "3: classes.tls: must be \"any\", \"yes\" or \"no\", not \"maybe\"",
	"opers = [5]": "1: opers: write [[opers]] for each, with its options below it",
}

func TestMistakes(t *testing.T) {
	for text, want := range wrongFiles {
		require.Equal(t, []string{want}, mistakes(t, text), text)
	}
}

func TestHashesInTheFile(t *testing.T) {
	for _, text := range []string{aHash, "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"} {
		require.Empty(t, mistakes(t, "[server]\npassword = "+strconv.Quote(text)), text)
	}
	for _, text := range []string{"hunter2", "$argon2id$", "$2y$10$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=19456,t=2,p=1$...", "$argon2id$v=19$$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg", aHash + "\n", aHash + " # mine"} {
		require.Equal(t, []string{"2: server.password: must be an argon2id hash, not the password itself; make one with 'bavard hash'"},
			mistakes(t, "[server]\npassword = "+strconv.Quote(text)), text)
	}
	costly := strings.Replace(aHash, "m=19456", "m=99999999", 1)
	require.Equal(t, []string{"2: server.password: the hash needs too much memory or time; make one with 'bavard hash'"},
		mistakes(t, "[server]\npassword = "+strconv.Quote(costly)))
}

// A file that is not a configuration file must not take long or flood the terminal.
func TestManyMistakes(t *testing.T) {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "[[listeners]]\nadress%d = 1\n", i)
	}
	require.Equal(t, []string{"1: listeners: can have at most 64 entries, not 20000"}, mistakes(t, b.String()))

	b.Reset()
	for i := range 20000 {
		fmt.Fprintf(&b, "option_%d = 1\n", i)
	}
	got := mistakes(t, b.String())
	require.Len(t, got, maxProblems+1)
	require.Contains(t, got[maxProblems], "there are more mistakes than those listed")
}
