package bavard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// logged is what the program logs under one name, or what the documentation says about it.
type logged struct {
	levels map[string]bool
	// attributes maps each attribute to whether every entry has it.
	attributes map[string]bool
}

// logCall is a call that logs, such as c.log().Info("event", "key", value).
type logCall struct {
	where, event, level string
	attributes          []string
}

// The packages that log.
var logging = []string{"ircd", "transport", "commands", "storage", "accounts", "config", "state", "wire", "order", "order/journal"}

// withSession matches the loggers that add the attribute "session": those of a client, and of a connection with a
// session.
var withSession = regexp.MustCompile(`^(c|here)\.log\(\)$`)

// mayHaveSession matches the loggers that add it only if there is a session.
var mayHaveSession = regexp.MustCompile(`^r\.log\(\)$`)

// TestLoggingIsDocumented checks that each event in the program is in docs/logging.md with its level and its
// attributes, and the other way round. It also checks that names of events are constant, because people search for
// them.
func TestLoggingIsDocumented(t *testing.T) {
	documented, program := documentedEvents(t), map[string]*logged{}
	for _, call := range logCalls(t) {
		e := program[call.event]
		if e == nil {
			e = &logged{levels: map[string]bool{}, attributes: map[string]bool{}}
			for _, a := range call.attributes {
				e.attributes[strings.Trim(a, "()")] = true
			}
			program[call.event] = e
		}
		e.levels[call.level] = true
		for _, a := range call.attributes {
			name, optional := strings.CutPrefix(a, "(")
			name = strings.TrimSuffix(name, ")")
			every, known := e.attributes[name]
			e.attributes[name] = known && every && !optional
		}
		for name := range e.attributes {
			if !slices.Contains(call.attributes, name) {
				e.attributes[name] = false
			}
		}
	}
	require.NotEmpty(t, program)
	require.Equal(t, slices.Sorted(maps.Keys(program)), slices.Sorted(maps.Keys(documented)), "events")
	for name, e := range program {
		require.Equal(t, e.levels, documented[name].levels, "levels of %q", name)
		require.Equal(t, e.attributes, documented[name].attributes, "attributes of %q (false: not in every entry)", name)
	}
}

// TestSessionsLogThroughTheirSession checks that package commands logs through a session wherever there is one.
func TestSessionsLogThroughTheirSession(t *testing.T) {
	for _, call := range logCalls(t) {
		if strings.HasPrefix(call.where, "commands/") && !strings.HasPrefix(call.event, "disk ") { // which no session does
			require.Contains(t, strings.Join(call.attributes, " "), "session", "%s: use the log of a session", call.where)
		}
	}
}

var eventRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([a-z, ]+) \\|([^|]*)\\| ([^|]+) \\|$")

// documentedEvents returns the events in docs/logging.md.
func documentedEvents(t *testing.T) map[string]*logged {
	text, err := os.ReadFile("docs/logging.md")
	require.NoError(t, err)
	events := map[string]*logged{}
	for _, row := range eventRow.FindAllStringSubmatch(string(text), -1) {
		require.NotContains(t, events, row[1], "listed twice")
		e := &logged{levels: map[string]bool{}, attributes: map[string]bool{}}
		for _, level := range strings.Split(row[2], ", ") {
			e.levels[level] = true
		}
		for _, a := range strings.Fields(row[3]) {
			name := strings.Trim(a, "`()")
			e.attributes[name] = !strings.HasPrefix(a, "`(")
		}
		events[row[1]] = e
	}
	return events
}

// logCalls finds the calls that log in the program.
func logCalls(t *testing.T) (calls []logCall) {
	files := token.NewFileSet()
	for _, dir := range logging {
		names, err := filepath.Glob(dir + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, names, dir)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					calls = append(calls, logCallOf(t, files, call)...)
				}
				return true
			})
		}
	}
	return calls
}

var levels = map[string]string{"Debug": "debug", "Info": "info", "Warn": "warn", "Error": "error"}

// logCallOf returns a call as a call that logs, or nothing.
func logCallOf(t *testing.T, files *token.FileSet, call *ast.CallExpr) []logCall {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	where := files.Position(call.Pos()).String()
	receiver := source(method.X)
	if receiver == "slog" && method.Sel.Name == "NewRecord" {
		require.Contains(t, where, "log_queue.go", "log through a logger")
		return []logCall{{where, text(t, where, call.Args[2]), "warn", []string{"lost_entries"}}}
	}
	level := levels[method.Sel.Name]
	if level == "" || !regexp.MustCompile(`(?i)\blog(\(\))?$`).MatchString(receiver) {
		return nil
	}
	found := logCall{where: where, event: text(t, where, call.Args[0]), level: level}
	switch {
	case withSession.MatchString(receiver):
		found.attributes = append(found.attributes, "session")
	case mayHaveSession.MatchString(receiver), strings.HasPrefix(where, "transport/") && found.event == "panic on a connection":
		found.attributes = append(found.attributes, "(session)")
	}
	for i := 1; i < len(call.Args); i += 2 {
		found.attributes = append(found.attributes, text(t, where, call.Args[i]))
	}
	return []logCall{found}
}

// text returns the value of a string literal, and fails for anything else.
func text(t *testing.T, where string, e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	require.True(t, ok && literal.Kind == token.STRING, "%s: names of events and attributes must be string literals", where)
	value, err := strconv.Unquote(literal.Value)
	require.NoError(t, err)
	return value
}

// source returns an expression of names, selectors and calls without arguments as it is written.
func source(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return source(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		if len(e.Args) == 0 {
			return source(e.Fun) + "()"
		}
	}
	return ""
}
