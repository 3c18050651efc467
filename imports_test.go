// Package bavard contains only tests of the whole source tree: which packages may import which, and that the log's
// events are documented.
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

// allowed lists what each package may import, with the reason. Every package must have a row, and an import that is
// not in its row fails the test. Third-party packages are listed in full. A package without std may import the whole
// standard library.
var allowed = map[string]struct {
	ours, thirdParty, std []string
	why                   string
}{
	"ircd": {
		ours:       []string{"accounts", "commands", "config", "order", "order/journal", "state", "storage", "transport", "wire"},
		thirdParty: []string{"github.com/alecthomas/kong", "github.com/coreos/go-systemd/v22/activation", "github.com/coreos/go-systemd/v22/daemon", "golang.org/x/sys/unix"},
		why:        "builds the parts and connects them; with the state, backups and the doctor check what a journal contains",
	},
	"order": {ours: []string{"order/journal", "state"}, why: "one order of operations: stamp, journal, apply, tell"},
	"commands": {
		ours: []string{"accounts", "config", "order", "state", "wire"},
		why:  "commands and lines; sockets and files reach it through interfaces",
	},
	"commands/gen": {ours: []string{"commands"}, why: "writes docs/reference.md"},
	"state": {
		std: []string{"cmp", "encoding/base32", "encoding/binary", "errors", "fmt", "math", "math/bits", "net/netip", "reflect", "slices", "sort", "strconv", "strings", "unicode", "unicode/utf8"},
		why: "a function of its input: no clock, lock, randomness or I/O",
	},
	"wire":      {thirdParty: []string{"gopkg.in/irc.v4"}, why: "the only user of the parser"},
	"transport": {thirdParty: []string{"github.com/pires/go-proxyproto", "golang.org/x/sys/unix"}, why: "knows sockets and the PROXY protocol, but not IRC"},
	"config": {
		ours:       []string{"accounts", "state"},
		thirdParty: []string{"github.com/BurntSushi/toml"},
		why:        "the only reader of TOML; accounts recognizes hashes, and options name rows of state's tables (modes, ranks, privileges)",
	},
	"config/gen": {ours: []string{"config"}, why: "writes config.toml"},
	"accounts":   {thirdParty: []string{"golang.org/x/crypto/argon2"}, why: "passwords; does not know IRC"},
	"order/journal": {
		thirdParty: []string{"golang.org/x/sys/unix"},
		why:        "knows bytes and order numbers, and neither operations nor the state",
	},
	"storage": {ours: []string{"accounts", "state"}, thirdParty: []string{"modernc.org/sqlite"}, why: "stores what they define; the only user of SQLite"},
	"bench":   {ours: []string{"wire"}, thirdParty: []string{"golang.org/x/sys/unix"}, why: "knows the server only from outside, like a client"},
	// All its files are tests. Only for this row are the imports of tests checked: it must not use the server's packages.
	"integration": {ours: []string{"wire"}, why: "knows the server only from outside, like a client"},
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
		require.True(t, known, "package %s has no row; add what it may import, and why", name)
		imports := p.Imports
		if name == "integration" {
			imports = slices.DeleteFunc(slices.Concat(p.TestImports, p.XTestImports), func(i string) bool { return !strings.HasPrefix(i, "bavard/") })
		}
		for _, i := range imports {
			require.True(t, mayImport(row.ours, row.thirdParty, row.std, i), "%s must not import %s: %s", name, i, row.why)
		}
		seen++
	}
	require.Equal(t, len(allowed), seen, "there is a row without a package")
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
