package commands

import "strings"

// specification is a row of docs/ircv3.md, for a capability or for a feature without one.
type specification struct {
	name   string
	page   string // under https://ircv3.net/specs/extensions/, or a whole address
	status string
	since  string // the first version of this daemon with it
	// tests names the scripts in testdata that play it, or files with Go tests by their path in the project.
	tests []string
}

// The statuses of a specification.
const (
	statusRatified = "ratified"
	statusDraft    = "draft"
	statusVendor   = "vendor"
)

func ratified(name string, tests ...string) specification {
	return specification{name: name, page: name, status: statusRatified, since: "0.1", tests: tests}
}

func draft(name string, tests ...string) specification {
	return specification{name: name, page: strings.TrimPrefix(name, "draft/"), status: statusDraft, since: "0.1", tests: tests}
}

// vendor returns a row for a specification that is not IRCv3's. page is a whole address.
func vendor(name, page string, tests ...string) specification {
	return specification{name: name, page: page, status: statusVendor, since: "0.1", tests: tests}
}

// at returns the specification with a page that has a different name.
func (s specification) at(page string) specification {
	s.page = page
	return s
}

// ofTags returns the specification of a client-only tag, whose page is in the folder of client tags.
func (s specification) ofTags(page string) specification {
	s.page = "https://ircv3.net/specs/client-tags/" + page
	return s
}

// address returns the address of the specification's page.
func (s specification) address() string {
	if strings.HasPrefix(s.page, "https://") {
		return s.page
	}
	return "https://ircv3.net/specs/" + s.folder() + s.page
}

func (s specification) folder() string {
	if strings.Contains(s.page, "/") {
		return ""
	}
	return "extensions/"
}

// features lists the specifications without a capability: ISUPPORT tokens, tags, verbs.
var features = []specification{
	ratified("account-extban", "account", "extban", "extban_inverted"),
	ratified("bot-mode", "bot", "mode_user", "who", "whois"),
	ratified("chathistory", "chathistory", "playback_auto", "playback").at("https://ircv3.net/specs/batches/chathistory"),
	ratified("capability-negotiation", "cap", "cap_long", "cap_reload"),
	draft("client-batch", "client_batch", "client_batch_timeout"),
	ratified("message-ids", "message_tags", "mixed_caps"),
	ratified("MONITOR", "monitor", "monitor_long").at("monitor"),
	draft("draft/ICON", "network_icon").at("network-icon"),
	ratified("UTF8ONLY", "utf8", "any_bytes").at("utf8-only"),
	ratified("WEBIRC", "webirc", "webirc_lookup").at("webirc"),
	ratified("websocket", "transport/websocket_test.go", "transport/upgrade_test.go", "integration/browser_test.go", "integration/framework_test.go"),
	ratified("WHOX", "account", "whox").at("whox"),
	ratified("CLIENTTAGDENY", "client_tags_denied").at("message-tags#rpl_isupport-tokens"),
	ratified("+channel-context", "client_tags").ofTags("channel-context"),
	draft("+draft/channel-context", "client_tags").ofTags("channel-context"),
	draft("+draft/react", "client_tags").ofTags("react"),
	draft("+draft/unreact", "client_tags").ofTags("react"),
	ratified("+reply", "client_tags").ofTags("reply"),
	ratified("+typing", "client_tags").ofTags("typing"),
}

// Specifications returns docs/ircv3.md: the IRCv3 specifications that are supported, with their tests.
func Specifications() []byte {
	var b strings.Builder
	b.WriteString("# IRCv3\n\nMade from the program's tables by `go generate ./...`; do not edit it. Each row is played by the scripts that it names " +
		"(`commands/testdata`, one file each) or by the Go tests of that file.\n")
	section := func(title string, list []specification) {
		b.WriteString("\n## " + title + "\n\n| name | specification | status | since | tested in |\n|---|---|---|---|---|\n")
		for _, s := range list {
			row(&b, "`"+s.name+"`", "<"+s.address()+">", s.status, s.since, strings.Join(s.tests, ", "))
		}
	}
	var capabilities []specification
	for i := range capTable {
		capabilities = append(capabilities, capTable[i].specification)
	}
	section("Capabilities", capabilities)
	section("Tags, verbs and ISUPPORT tokens", features)
	return []byte(b.String())
}
