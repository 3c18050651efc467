package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct{}

// Run prints the manual page in man(7) format. Commands and flags come from the command line's definition.
func (manCommand) Run(env environment, ctx *kong.Context) error {
	_, err := fmt.Fprint(env.stdout, manual(ctx.Model.Node, version))
	return err
}

func manual(app *kong.Node, version string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.TH BAVARD 1 "" "bavard %s" "User Commands"`, roff(version))
	line(".SH NAME\nbavard \\- an IRC server")
	line(".SH SYNOPSIS")
	for _, command := range visible(app) {
		line(".br\n%s", synopsis(command))
	}
	line(".SH DESCRIPTION\n%s", roff(app.Help))
	line(".SH COMMANDS")
	for _, command := range visible(app) {
		line(".SS %s", synopsis(command))
		line("%s", roff(command.Help))
		if command.Detail != "" {
			line(".PP\n%s", roff(command.Detail))
		}
		for _, p := range command.Positional {
			line(".TP\n.I %s\n%s", roff(strings.ToUpper(p.Name)), roff(described(p)))
		}
		for _, flag := range command.Flags {
			line(".TP\n%s\n%s", flagName(flag), roff(described(flag.Value)))
		}
	}
	line(".SH OPTIONS")
	for _, flag := range app.Flags {
		line(".TP\n%s\n%s", flagName(flag), roff(flag.Help))
	}
	line(".SH EXIT STATUS\n.TP\n.B %d\nThe command succeeded.\n.TP\n.B %d\nThe command failed; standard error says why.\n.TP\n.B %d\nThe arguments are wrong.", exitOK, exitError, exitUsage)
	line(".SH FILES\n.TP\n.I %s\nThe configuration file in the working directory, used by default. %s", configName,
		roff(`"bavard init" writes one that explains every option.`))
	line(".TP\n.I /etc/bavard/config.toml\nThe configuration file of the system service.")
	line(".SH SIGNALS\n.TP\n.B SIGHUP\nReloads the configuration.\n.TP\n.B SIGTERM, SIGINT\nTells all clients that the server is shutting down, and stops.")
	return b.String()
}

// visible returns the commands that are not hidden from help.
func visible(app *kong.Node) (shown []*kong.Node) {
	for _, command := range app.Children {
		if !command.Hidden {
			shown = append(shown, command)
		}
	}
	return shown
}

func synopsis(command *kong.Node) string {
	text := `\fBbavard ` + roff(command.Name) + `\fR`
	if command.Parent.DefaultCmd == command {
		text = `\fBbavard\fR [\fB` + roff(command.Name) + `\fR]`
	}
	for _, flag := range command.Flags {
		text += " [" + flagName(flag) + "]"
	}
	for _, p := range command.Positional {
		name := `\fI` + roff(strings.ToUpper(p.Name)) + `\fR`
		if !p.Required {
			name = "[" + name + "]"
		}
		text += " " + name
	}
	return text
}

func flagName(flag *kong.Flag) string {
	name := `\fB\-\-` + roff(flag.Name) + `\fR`
	if flag.Short != 0 {
		name = `\fB\-` + string(flag.Short) + `\fR, ` + name
	}
	if !flag.IsBool() {
		name += `=\fI` + roff(flag.FormatPlaceHolder()) + `\fR`
	}
	return name
}

// described returns a value's help, with its default unless the placeholder already shows it.
func described(v *kong.Value) string {
	if v.HasDefault && v.Flag == nil {
		return v.Help + " Default: " + v.Default
	}
	return v.Help
}

// roff escapes the characters that are special in man pages.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
