package commands

import (
	"fmt"
	"slices"
	"strings"

	"bavard/config"
	"bavard/state"
)

//go:generate go run ./gen ../docs/reference.md ../docs/ircv3.md

// Reference returns docs/reference.md: commands, modes, ranks, capabilities and options, from the tables in the code.
func Reference() []byte {
	var b strings.Builder
	b.WriteString("# Reference\n\nMade from the program's tables by `go generate ./...`; do not edit it.\n\n")
	for _, chapter := range []string{"Commands by name", "Ranks", "Channel modes", "Exemptions", "Extended bans", "User modes", "Privileges of IRC operators", "Server notices",
		"Capabilities", "Options", "Numerics"} {
		b.WriteString("- [" + chapter + "](#" + anchor(chapter) + ")\n")
	}
	commandReference(&b)
	b.WriteString("\n## Ranks\n\n| prefix | mode | rank | may |\n|---|---|---|---|\n")
	every := state.Policy{Ranks: "qaohv"}
	for _, r := range every.RankList() {
		row(&b, "`"+string(rune(r.Prefix))+"`", "`"+string(rune(r.Letter))+"`", r.Name, r.Help)
	}
	b.WriteString("\n## Channel modes\n\n| mode | parameter | name | who may set it | what it does |\n|---|---|---|---|---|\n")
	for _, m := range state.ChannelModes() {
		row(&b, "`"+string(rune(m.Letter))+"`", parameterText(m), m.Name, whoSets(m), m.Help)
	}
	b.WriteString("\n## Exemptions\n\n`MODE #channel +X restriction:rank` moves the rank from which on a mode does not bind; `*` instead of a rank binds all.\n\n" +
		"| restriction | mode | exempt without an entry |\n|---|---|---|\n")
	for _, m := range state.ChannelModes() {
		if m.Restriction != "" {
			exempt := "nobody"
			if m.Exempt != state.NoRank {
				exempt = m.Exempt.Name() + " and above"
			}
			row(&b, "`"+m.Restriction+"`", "`"+string(rune(m.Letter))+"`", exempt)
		}
	}
	prefix, extbans := state.Extbans()
	b.WriteString("\n## Extended bans\n\nAn entry of the lists b, e and I that is no nick!user@host: `" + string(rune(prefix)) + "`, a letter and, after a colon, an argument, " +
		"such as `" + string(rune(prefix)) + "a:somebody`. A `~` before the letter inverts it. Arguments cannot contain spaces: use `?` for a space.\n\n" +
		"| letter | name | covers |\n|---|---|---|\n")
	for _, e := range extbans {
		row(&b, "`"+string(rune(e.Letter))+"`", e.Name, e.Help)
	}
	b.WriteString("\n## User modes\n\n| mode | name | what it does |\n|---|---|---|\n")
	for _, m := range state.UserModes() {
		row(&b, "`"+string(rune(m.Letter))+"`", m.Name, m.Help)
	}
	b.WriteString("\n## Privileges of IRC operators\n\n| privilege | allows to |\n|---|---|\n")
	for _, p := range state.Privileges() {
		row(&b, "`"+p.Name+"`", p.Help)
	}
	b.WriteString("\n## Server notices\n\n| letter | what is told |\n|---|---|\n")
	for _, m := range state.Snomasks() {
		row(&b, "`"+string(rune(m.Letter))+"`", m.Help)
	}
	b.WriteString("\n## Capabilities\n\n| capability | specification |\n|---|---|\n")
	for _, c := range capTable {
		row(&b, "`"+c.name+"`", "<"+c.address()+">")
	}
	b.WriteString("\n## Options\n\n| option | type | default | what it does |\n|---|---|---|---|\n")
	for _, o := range config.Options() {
		doc := o.Doc
		if o.Restart {
			doc += " Takes effect with a restart."
		}
		row(&b, "`"+o.Key+"`", o.Type, "`"+o.Default+"`", doc)
	}
	return []byte(b.String())
}

// commandReference writes the chapter about commands: an index, and a heading for each command that links can lead to.
func commandReference(b *strings.Builder) {
	sorted := slices.SortedFunc(slices.Values(verbs), func(a, b command) int { return strings.Compare(a.verb, b.verb) })
	b.WriteString("\n## Commands by name\n\n")
	for i, c := range sorted {
		if i > 0 {
			b.WriteString(" ·\n")
		}
		b.WriteString("[" + c.verb + "](#" + anchor(c.verb) + ")")
	}
	b.WriteString("\n\nEach command costs units of `[flood]`. Client-only tags cost one more for each 512 bytes and target. A command that " +
		"causes more work than its cost pays for costs more: one unit for each 32 KiB of the answer, and one for each 0.2 ms of work, such as sending a line to " +
		"5,000 people or examining 250 users.\n")
	for _, c := range sorted {
		b.WriteString("\n### " + c.verb + "\n\n    " + c.syntax + "\n\n" + c.help + "\n\nFor: " + c.audience() + ". Cost: " + fmt.Sprint(c.cost) + ".\n")
	}
}

// anchor returns the fragment of a link to a heading, as renderers of Markdown make it.
func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// parameterText describes when a mode takes a parameter, and which one.
func parameterText(m state.ModeInfo) string {
	switch m.Kind {
	case state.ListMode:
		return m.Param + "; a list"
	case state.AlwaysParam:
		return m.Param + ", always"
	case state.SetParam:
		return m.Param + ", when set"
	}
	return "none"
}

func whoSets(m state.ModeInfo) string {
	if m.Oper {
		return m.Rank.Name() + " who is an IRC operator"
	}
	return m.Rank.Name()
}

func (c *command) audience() string {
	switch {
	case c.needs != 0:
		return "clients with `" + strings.Join(c.needs.names(), "` and `") + "`"
	case c.privilege == state.PrivOper:
		return "IRC operators"
	case c.privilege != 0:
		return "IRC operators with `" + c.privilege.Name() + "`"
	case c.when == beforeWelcome:
		return "clients that are connecting"
	case c.when == always:
		return "everybody, including clients that are connecting"
	}
	return "everybody"
}

func row(b *strings.Builder, cells ...string) {
	for _, cell := range cells {
		if cell == "``" {
			cell = ""
		}
		b.WriteString("| " + strings.NewReplacer("|", "\\|", "\n", " ").Replace(cell) + " ")
	}
	b.WriteString("|\n")
}
