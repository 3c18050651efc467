package commands

import (
	"fmt"
	"sort"
	"strings"

	"bavard/state"
)

// helpTopics holds the topics of HELP other than commands. Each is generated from its table.
var helpTopics = map[string]struct {
	title string
	lines func(*Call) []string
}{
	"RANKS": {"** The ranks in a channel **", func(c *Call) []string {
		var lines []string
		for _, r := range c.view().policy.RankList() {
			lines = append(lines, fmt.Sprintf("%c  +%c  %-13s  %s", r.Prefix, r.Letter, r.Name, r.Help))
		}
		return lines
	}},
	"MODES": {"** The modes of a channel **", func(c *Call) []string {
		var lines []string
		for _, m := range c.view().policy.KnownChannelModes() {
			lines = append(lines, fmt.Sprintf("%c  %s: %s", m.Letter, m.Name, m.Help))
		}
		return lines
	}},
	"UMODES": {"** The modes of a user **", func(*Call) []string {
		var lines []string
		for _, m := range state.UserModes() {
			lines = append(lines, fmt.Sprintf("%c  %s: %s", m.Letter, m.Name, m.Help))
		}
		return lines
	}},
	"SNOMASKS": {"** Server notices: MODE <nick> +s <letters> **", func(*Call) []string {
		var lines []string
		for _, m := range state.Snomasks() {
			lines = append(lines, fmt.Sprintf("%c  %s", m.Letter, m.Help))
		}
		return lines
	}},
	"PRIVILEGES": {"** What an IRC operator's class may allow; yours are marked with a star **", func(c *Call) []string {
		var lines []string
		for _, p := range state.Privileges() {
			mark := ' '
			if c.can(p.Privilege) {
				mark = '*'
			}
			lines = append(lines, fmt.Sprintf("%c %-8s  %s", mark, p.Name, p.Help))
		}
		return lines
	}},
	"EXTBANS": {"** Extended bans, for the lists b, e and I **", func(*Call) []string {
		prefix, list := state.Extbans()
		lines := []string{fmt.Sprintf("Such as MODE #channel +b %ca:account; a ~ before the letter inverts it: %c~a:account.", prefix, prefix)}
		for _, e := range list {
			lines = append(lines, fmt.Sprintf("%c%c  %s: %s", prefix, e.Letter, e.Name, e.Help))
		}
		return lines
	}},
}

// runHelp: https://modern.ircdocs.horse/#help-message
func runHelp(c *Call) {
	word := strings.TrimLeft(c.rest(0), "/?!") // HELPOP ?topic, as on other servers
	topic, asked := strings.ToUpper(word), echoable(word)
	if topic == "" {
		c.helpAll()
		return
	}
	if about, found := helpTopics[topic]; found {
		c.sendHelp(asked, about.title, append([]string{""}, about.lines(c)...))
		return
	}
	row := c.commandCalled(topic)
	if row == nil {
		c.reply(errHelpNotFound.with(asked))
		return
	}
	lines := []string{"", row.help}
	switch row.privilege {
	case 0:
	case state.PrivOper:
		lines = append(lines, "Only for IRC operators.")
	default:
		lines = append(lines, "Only for IRC operators with the privilege "+row.privilege.Name()+".")
	}
	if names := row.needs.names(); len(names) > 0 {
		lines = append(lines, "Needs the capability "+strings.Join(names, " and ")+".")
	}
	c.sendHelp(asked, "** The "+topic+" command **", append(lines, "Syntax: "+row.syntax))
}

// helpAll lists every command with its help line.
func (c *Call) helpAll() {
	lines := []string{""}
	width := 0
	for _, row := range verbs {
		width = max(width, len(row.verb))
	}
	sorted := append([]command(nil), verbs...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].verb < sorted[j].verb })
	for _, row := range sorted {
		if !c.can(row.privilege) || !c.knows(&row) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%-*s  %s", width, row.verb, row.help))
	}
	c.sendHelp("*", "** All commands. Use HELP <command> for details **", append(lines, "", "See also HELP RANKS, HELP MODES, HELP UMODES and HELP EXTBANS. End of HELP"))
}

// sendHelp sends a title and then the lines. Each has the requested topic as a parameter. The first line is empty, and
// the last one has a different numeric.
func (c *Call) sendHelp(topic, title string, lines []string) {
	c.reply(rplHelpStart.with(topic, title))
	for _, line := range lines[:len(lines)-1] {
		c.reply(rplHelpTxt.with(topic, line))
	}
	c.reply(rplEndOfHelp.with(topic, lines[len(lines)-1]))
}
