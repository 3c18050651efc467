package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help returns the text for --help.
func (completionCommand) Help() string {
	return "For the current bash session: source <(bavard completion bash). The packages install the scripts for all users."
}

// Run prints a script for the shell, generated from the command line's definition.
func (c completionCommand) Run(env environment, ctx *kong.Context) error {
	script := map[string]func(app *kong.Application) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	_, err := fmt.Fprint(env.stdout, script(ctx.Model))
	return err
}

// The kinds of completions for a value.
const (
	anything = iota
	file
	folder
)

// kindOf returns how to complete a value. If the value must be one of a few words, it returns these.
func kindOf(v *kong.Value) (kind int, words []string) {
	switch {
	case v.Enum != "":
		return anything, v.EnumSlice()
	case v.Flag != nil && v.Flag.PlaceHolder == "FILE":
		return file, nil
	case v.Name == "dir":
		return folder, nil
	}
	return anything, nil
}

// takesFile returns the long and short names of the flags whose value is a file.
func takesFile(app *kong.Application) (all []string) {
	seen := map[string]bool{}
	for _, command := range visible(app.Node) {
		for _, flag := range command.Flags {
			if kind, _ := kindOf(flag.Value); kind == file && !seen[flag.Name] {
				seen[flag.Name] = true
				all = append(all, spellings(flag)...)
			}
		}
	}
	return all
}

func spellings(flag *kong.Flag) []string {
	if flag.Short != 0 {
		return []string{"--" + flag.Name, "-" + string(flag.Short)}
	}
	return []string{"--" + flag.Name}
}

func bashCompletion(app *kong.Application) string {
	var names, cases []string
	// In place of a command, there can be the flags of the default command.
	first := options(app.Flags)
	for _, command := range visible(app.Node) {
		names = append(names, command.Name)
		words, action := options(command.Flags, app.HelpFlag), ""
		if app.DefaultCmd == command {
			first = append(first, options(command.Flags)...)
		}
		for _, p := range command.Positional {
			kind, some := kindOf(p)
			words = append(words, some...)
			if kind == folder {
				action = " -d"
			}
		}
		cases = append(cases, fmt.Sprintf("\t%s) COMPREPLY=($(compgen%s -W '%s' -- \"$word\")) ;;", command.Name, action, strings.Join(words, " ")))
	}
	return fmt.Sprintf(`# bash completion for bavard, made by "bavard completion bash"
_bavard() {
	local word=${COMP_WORDS[COMP_CWORD]} command= w
	case ${COMP_WORDS[COMP_CWORD-1]} in
	%s) COMPREPLY=($(compgen -f -- "$word")); return ;;
	esac
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $w in
		%s) command=$w; break ;;
		esac
	done
	case $command in
%s
	*) COMPREPLY=($(compgen -W '%s' -- "$word")) ;;
	esac
}
complete -o filenames -F _bavard bavard
`, strings.Join(takesFile(app), "|"), strings.Join(names, "|"), strings.Join(cases, "\n"), strings.Join(append(names, first...), " "))
}

// options returns the long names of flags.
func options(flags []*kong.Flag, more ...*kong.Flag) (names []string) {
	for _, flag := range append(flags[:len(flags):len(flags)], more...) {
		names = append(names, "--"+flag.Name)
	}
	return names
}

func zshCompletion(app *kong.Application) string {
	var commands, cases []string
	for _, command := range visible(app.Node) {
		commands = append(commands, fmt.Sprintf("\t\t%s", quoted(command.Name+":"+command.Help)))
		words := zshFlags(append(command.Flags[:len(command.Flags):len(command.Flags)], app.HelpFlag))
		for _, p := range command.Positional {
			kind, some := kindOf(p)
			action := map[int]string{anything: "", folder: "_files -/"}[kind]
			if some != nil {
				action = "(" + strings.Join(some, " ") + ")"
			}
			words = append(words, quoted("::"+p.Name+":"+action))
		}
		cases = append(cases, fmt.Sprintf("\t%s) _arguments %s ;;", command.Name, strings.Join(words, " ")))
	}
	first := zshFlags(app.Flags)
	if app.DefaultCmd != nil {
		first = append(first, zshFlags(app.DefaultCmd.Flags)...)
	}
	return fmt.Sprintf(`#compdef bavard
# zsh completion for bavard, made by "bavard completion zsh"
_bavard() {
	local -a commands=(
%s
	)
	local curcontext=$curcontext state line
	_arguments -C %s '1: :->command' '*:: :->arguments'
	case $state in
	command) _describe command commands; return ;;
	esac
	case $line[1] in
%s
	esac
}
if [[ $funcstack[1] = _bavard ]]; then _bavard "$@"; else compdef _bavard bavard; fi
`, strings.Join(commands, "\n"), strings.Join(first, " "), strings.Join(cases, "\n"))
}

func zshFlags(flags []*kong.Flag) (words []string) {
	for _, flag := range flags {
		for _, name := range spellings(flag) {
			words = append(words, quoted(name+"["+strings.NewReplacer("[", "(", "]", ")").Replace(flag.Help)+"]"+zshValue(flag)))
		}
	}
	return words
}

func zshValue(flag *kong.Flag) string {
	if flag.IsBool() {
		return ""
	}
	if kind, _ := kindOf(flag.Value); kind == file {
		return ":file:_files"
	}
	return ":value:"
}

func fishCompletion(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("# fish completion for bavard, made by \"bavard completion fish\"\ncomplete -c bavard -f\n")
	fishFlags(&b, "__fish_use_subcommand", app.Flags)
	for _, command := range visible(app.Node) {
		fmt.Fprintf(&b, "complete -c bavard -n __fish_use_subcommand -a %s -d %s\n", command.Name, quoted(command.Help))
		condition := "'__fish_seen_subcommand_from " + command.Name + "'"
		if app.DefaultCmd == command {
			fishFlags(&b, "__fish_use_subcommand", command.Flags)
		}
		fishFlags(&b, condition, append(command.Flags[:len(command.Flags):len(command.Flags)], app.HelpFlag))
		for _, p := range command.Positional {
			kind, words := kindOf(p)
			switch {
			case words != nil:
				fmt.Fprintf(&b, "complete -c bavard -n %s -a '%s'\n", condition, strings.Join(words, " "))
			case kind == folder:
				fmt.Fprintf(&b, "complete -c bavard -n %s -a '(__fish_complete_directories)'\n", condition)
			}
		}
	}
	return b.String()
}

func fishFlags(b *strings.Builder, condition string, flags []*kong.Flag) {
	for _, flag := range flags {
		fmt.Fprintf(b, "complete -c bavard -n %s -l %s", condition, flag.Name)
		if flag.Short != 0 {
			fmt.Fprintf(b, " -s %c", flag.Short)
		}
		if kind, _ := kindOf(flag.Value); kind == file {
			b.WriteString(" -rF")
		} else if !flag.IsBool() {
			b.WriteString(" -x")
		}
		fmt.Fprintf(b, " -d %s\n", quoted(flag.Help))
	}
}

// quoted quotes a word for all three shells.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
