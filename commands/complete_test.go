package commands

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// notRendered holds the events of the state that are not rendered as lines, with the reasons.
var notRendered = map[string]string{}

// notInScripts holds the operations, events and refusals that no script reaches, with the tests that do.
var notInScripts = map[string]string{
	"TextBlocked":       "a content filter gives it before there is an operation: texts_filter",
	"AlreadyApplied":    "state: TestReplay",
	"OutOfOrder":        "state: TestOutOfOrder",
	"CannotLast":        "it is given before there is an operation: disk_full",
	"AlreadyRegistered": "state: TestASessionRegistersOnce",
	"BansFull":          "state: TestBansAreBounded",
}

// notMissed holds the privileges whose lack is never refused: they only show more to their holders, or allow more in
// cases where others are refused for different reasons.
var notMissed = []string{"auspex", "metadata", "redact"}

// typesWith returns the names of the types in the state's source that have a method.
func typesWith(t *testing.T, method string) (names []string) {
	t.Helper()
	for _, file := range sources(t, "../state") {
		for _, d := range file.Decls {
			if f, is := d.(*ast.FuncDecl); is && f.Recv != nil && f.Name.Name == method {
				if star, is := f.Recv.List[0].Type.(*ast.StarExpr); is {
					names = append(names, star.X.(*ast.Ident).Name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// sources returns the parsed files of a package, without its tests.
func sources(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	require.NotEmpty(t, files)
	return files
}

// refusalNames returns the names of the constants, indexed by their numbers.
func refusalNames(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range sources(t, "../state") {
		for _, d := range file.Decls {
			block, is := d.(*ast.GenDecl)
			if !is || block.Tok != token.CONST || block.Specs[0].(*ast.ValueSpec).Names[0].Name != "OK" {
				continue
			}
			for _, spec := range block.Specs {
				names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
			}
		}
	}
	require.Equal(t, len(state.Codes())+2, len(names), "OK comes before the codes, and lastCode after them")
	return names
}

// renderedEvents returns the events that are cases in the renderer's type switches.
func renderedEvents(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range sources(t, ".") {
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is || !slices.Contains([]string{"render", "renderUser", "renderServer"}, f.Name.Name) {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				clause, is := n.(*ast.CaseClause)
				if !is {
					return true
				}
				for _, e := range clause.List {
					if star, is := e.(*ast.StarExpr); is {
						names = append(names, star.X.(*ast.SelectorExpr).Sel.Name)
					}
				}
				require.True(t, clause.List == nil || len(clause.Body) > 0, "%s: a case that does nothing: give the reason in notRendered", f.Name.Name)
				return true
			})
		}
	}
	slices.Sort(names)
	return names
}

// TestEveryEventIsRendered checks that each event is rendered, or has a reason in notRendered.
func TestEveryEventIsRendered(t *testing.T) {
	events, rendered := typesWith(t, "event"), renderedEvents(t)
	require.Equal(t, slices.Compact(slices.Clone(rendered)), rendered, "an event has two renderers")
	for _, name := range events {
		has, reason := slices.Contains(rendered, name), notRendered[name]
		if !has && reason == "" {
			t.Errorf("the event %s is dropped: give it a case in render_event.go, or a reason in notRendered", name)
		}
		if has && reason != "" {
			t.Errorf("the event %s has a renderer, and a reason for having none", name)
		}
	}
	for _, name := range slices.Concat(rendered, slices.Sorted(maps.Keys(notRendered))) {
		require.Contains(t, events, name, "it is not an event of the state")
	}
}

// TestEverythingIsReachedByAScript checks that the scripts cause each operation, each event and each refusal.
func TestEverythingIsReachedByAScript(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	reached, refusals := map[string]bool{}, refusalNames(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		script := parseScript(t, string(text))
		g := newStage(t, script.config)
		for _, a := range script.actions {
			g.act(a, script.config)
			for _, c := range g.clients {
				g.reader.read(c, c.take())
			}
		}
		s := state.New()
		for _, raw := range g.ops {
			st, op, err := state.DecodeOp(raw)
			require.NoError(t, err)
			events, refusal := s.Apply(st, op)
			reached[reflect.TypeOf(op).Elem().Name()] = true
			if refusal != nil {
				reached[refusals[refusal.Code]] = true
			}
			for _, e := range events {
				reached[reflect.TypeOf(e).Elem().Name()] = true
				if d, is := e.(*state.Declined); is {
					reached[refusals[d.Refusal.Code]] = true
				}
			}
		}
	}
	all := slices.Concat(typesWith(t, "kind"), typesWith(t, "event"))
	for _, code := range state.Codes() {
		all = append(all, refusals[code])
	}
	for _, name := range all {
		if !reached[name] && notInScripts[name] == "" {
			t.Errorf("no script reaches %s", name)
		}
		if reached[name] && notInScripts[name] != "" {
			t.Errorf("a script reaches %s: it needs no reason", name)
		}
	}
}

// TestEveryPrivilegeIsMissedInAScript checks that, for each privilege, a script shows the refusal for an IRC operator
// without it.
func TestEveryPrivilegeIsMissedInAScript(t *testing.T) {
	lines := scriptLines(t)
	for _, p := range state.Privileges() {
		missed := slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, "< :irc.test 723 ") && slices.Contains(strings.Fields(line), p.Name)
		})
		require.Equal(t, !slices.Contains(notMissed, p.Name), missed, p.Name)
	}
}

// TestEveryRestrictionIsMovedInAScript: +X has been set, and something was said after it.
func TestEveryRestrictionIsMovedInAScript(t *testing.T) {
	lines := scriptLines(t)
	for _, m := range state.ChannelModes() {
		if m.Restriction == "" {
			continue
		}
		require.True(t, slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, "< ") && strings.Contains(line, " MODE #") && strings.Contains(line, "X") && strings.Contains(line, " "+m.Restriction+":")
		}), "no script sets +X %s", m.Restriction)
	}
}

// TestEveryStandardReplyIsInAScript checks that the scripts show each code of a FAIL, WARN or NOTE that is a literal in
// the source.
func TestEveryStandardReplyIsInAScript(t *testing.T) {
	codes := map[string]bool{}
	for _, file := range sources(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if f, is := n.Fun.(*ast.SelectorExpr); is && len(n.Args) > 0 && slices.Contains([]string{"fail", "caution"}, f.Sel.Name) {
					codes[literal(n.Args[0])] = true
				}
			case *ast.KeyValueExpr:
				if key, is := n.Key.(*ast.Ident); is && key.Name == "code" {
					codes[literal(n.Value)] = true
				}
			}
			return true
		})
	}
	delete(codes, "") // for arguments that are not literals
	require.Greater(t, len(codes), 15)
	lines := scriptLines(t)
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if strings.Trim(code, "0123456789") == "" {
			continue // a numeric
		}
		require.True(t, slices.ContainsFunc(lines, func(line string) bool {
			at := slices.Index(strings.Fields(line), code)
			return at >= 3 && strings.Contains(" FAIL WARN NOTE ", " "+strings.Fields(line)[at-2]+" ")
		}), "no script shows %s", code)
	}
}

// literal returns the value of a string literal, and "" for any other expression.
func literal(e ast.Expr) string {
	if l, is := e.(*ast.BasicLit); is && l.Kind == token.STRING {
		return strings.Trim(l.Value, "\"")
	}
	return ""
}

// scriptLines returns the lines of all scripts.
func scriptLines(t *testing.T) (lines []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	return lines
}
