// Package bavard has only a test: that imports run downward.
package bavard

import (
	"encoding/json"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed is the table of arrows, one row a package, with the reason for each row. A package that is not in it may not
// exist; an import of ours that is not in its row fails the test. Third parties are named in full; "std" is all of the
// standard library, and a package without it names the ones it may use.
var allowed = map[string]struct {
	ours, thirdParty, std []string
	why                   string
}{
	"ircd": {
		ours:       []string{"accounts", "commands", "config", "storage", "transport", "wire"},
		thirdParty: []string{"github.com/alecthomas/kong", "github.com/coreos/go-systemd/v22/activation", "github.com/coreos/go-systemd/v22/daemon", "golang.org/x/sys/unix"},
		why:        "builds the parts and joins them",
	},
	"commands": {
		ours: []string{"accounts", "config", "state", "wire"},
		why:  "verbs and lines; sockets and files reach it through interfaces",
	},
	"commands/gen": {ours: []string{"commands"}, why: "writes docs/reference.md"},
	"state": {
		std: []string{"cmp", "encoding/base32", "encoding/binary", "errors", "fmt", "math", "math/bits", "net/netip", "reflect", "slices", "sort", "strconv", "strings", "unicode", "unicode/utf8"},
		why: "a function of its input: nothing with a clock, a lock, randomness or I/O",
	},
	"wire":      {thirdParty: []string{"gopkg.in/irc.v4"}, why: "the only caller of the parser"},
	"transport": {thirdParty: []string{"github.com/pires/go-proxyproto", "golang.org/x/sys/unix"}, why: "knows sockets and whom a proxy speaks for, not IRC"},
	"config": {
		ours:       []string{"accounts", "state"},
		thirdParty: []string{"github.com/BurntSushi/toml"},
		why:        "the only reader of TOML; accounts recognizes hashes, and options name rows of state's tables (modes, ranks, privileges)",
	},
	"config/gen": {ours: []string{"config"}, why: "writes config.toml"},
	"accounts":   {thirdParty: []string{"golang.org/x/crypto/argon2"}, why: "passwords; knows no IRC"},
	"storage":    {ours: []string{"accounts", "state"}, why: "keeps what they define"},
	"bench":      {ours: []string{"wire"}, thirdParty: []string{"golang.org/x/sys/unix"}, why: "a stranger to the server, as a client is"},
	// Its files are all tests, which are not looked at here but for this row: it must not reach into the server.
	"integration": {ours: []string{"wire"}, why: "a stranger to the server, as a client is"},
}

type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func TestImportsRunDownward(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	require.NoError(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for decoder.More() {
		var p goPackage
		require.NoError(t, decoder.Decode(&p))
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "bavard"), "/")
		if name == "" {
			continue // this test
		}
		row, known := allowed[name]
		require.True(t, known, "package %s has no row: say what it may import, and why", name)
		imports := p.Imports
		if name == "integration" {
			imports = slices.DeleteFunc(slices.Concat(p.TestImports, p.XTestImports), func(i string) bool { return !strings.HasPrefix(i, "bavard/") })
		}
		for _, i := range imports {
			require.True(t, mayImport(row.ours, row.thirdParty, row.std, i), "%s must not import %s: %s", name, i, row.why)
		}
		seen++
	}
	require.Equal(t, len(allowed), seen, "a row without a package")
}

func mayImport(ours, thirdParty, std []string, i string) bool {
	if own, is := strings.CutPrefix(i, "bavard/"); is {
		return slices.Contains(ours, own)
	}
	if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") {
		return slices.ContainsFunc(thirdParty, func(t string) bool { return i == t || path.Dir(i) == t })
	}
	return std == nil || slices.Contains(std, i)
}
