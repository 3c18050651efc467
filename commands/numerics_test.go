package commands

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// numericRow is a row of the table of numerics, as it is written in numerics.go.
type numericRow struct {
	name, kind, code string
	params           []string
	text             string
}

// numericRows returns all rows of the table, and those that functions return.
func numericRows(t *testing.T) (rows []numericRow) {
	file, err := parser.ParseFile(token.NewFileSet(), "numerics.go", nil, 0)
	require.NoError(t, err)
	name := ""
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			name = n.Name.Name
		case *ast.ValueSpec:
			name = n.Names[0].Name
		case *ast.CompositeLit:
			kind, isType := n.Type.(*ast.Ident)
			if !isType || kind.Name == "numeric" || name == "with" {
				return true
			}
			row := numericRow{name: name, kind: kind.Name}
			var texts []string
			for _, part := range n.Elts {
				if literal, is := part.(*ast.BasicLit); is {
					text, err := strconv.Unquote(literal.Value)
					require.NoError(t, err)
					texts = append(texts, text)
				} else {
					texts = append(texts, "000") // the code of a mode's row
				}
			}
			row.code = texts[0]
			if kind.Name != "numeric0" {
				row.params = strings.Fields(texts[1])
			}
			if strings.HasPrefix(kind.Name, "numeric") {
				row.text = texts[len(texts)-1]
			}
			rows = append(rows, row)
		}
		return true
	})
	return rows
}

// largestConfig is the configuration with the greatest lengths that may be configured.
func largestConfig(t *testing.T) *config.Config {
	cfg := config.Default()
	for _, section := range []any{&cfg.Limits, &cfg.Metadata, &cfg.Server} {
		v := reflect.ValueOf(section).Elem()
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !strings.HasSuffix(field.Name, "Length") && !strings.HasSuffix(field.Name, "Bytes") && field.Name != "Name" && field.Name != "Icon" {
				continue
			}
			most, err := strconv.Atoi(field.Tag.Get("max"))
			switch {
			case err != nil: // sizes of queues
			case field.Type.Kind() == reflect.Int:
				v.Field(i).SetInt(int64(most))
			case field.Type.Kind() == reflect.String:
				v.Field(i).SetString("a." + strings.Repeat("x", most-2))
			}
		}
	}
	cfg.Server.ClientTagDeny = []string{strings.Repeat("x", 300)}
	cfg.Channels.Ranks = "qaohv"
	return cfg
}

// greatestLengths returns the greatest length of each kind of parameter, for one word of a list.
func greatestLengths(cfg *config.Config) map[string]int {
	policy := policyOf(cfg)
	l := &cfg.Limits
	userhost := l.UserLength + 1 + l.HostLength
	source := l.NickLength + 1 + userhost
	prefixes := 1 + len(policy.RankList())
	modes := len(modeLetters(&policy, state.ListMode, state.AlwaysParam, state.SetParam, state.FlagMode)) + prefixes
	usermodes, snomasks, longestVerb, privilege, token := 1+len(state.UserModes()), 2*26+1, 0, 0, 0
	for i := range verbs {
		longestVerb = max(longestVerb, len(verbs[i].verb))
	}
	for _, row := range state.Privileges() {
		privilege = max(privilege, len(row.Name))
	}
	for _, text := range isupportTokens(cfg, &policy) {
		token = max(token, len(text))
	}
	const (
		// Operators' names, names of classes, targets of server bans and hosts of operators have these bounds in config
		// and state. A version is ours.
		name, class, target, hostmask, version = 64, 32, 200, 255, 64
		address                                = len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") + 1
	)
	return map[string]int{
		"*": 1, "letter": 1, "symbol": 1, "visibility": 1, "kind": len("Operator"), "word": len("Channel"), "tls": len("plain"), "number": 20, "seconds": 10, "name": mostNameBytes,
		"nick": l.NickLength, "user": l.UserLength, "host": l.HostLength, "userhost": userhost, "source": source, "address": address,
		"who": l.NickLength + 2 + userhost, "channel": l.ChannelLength, "mask": policy.MaskBytes, "account": state.MaxAccountBytes, "key": policy.MetadataKeyBytes,
		"value": policy.MetadataValueBytes, "message": policy.AwayBytes, "topic": policy.TopicBytes, "fingerprint": len("has client certificate fingerprint ") + 64,
		"server": len(cfg.Server.Name), "version": version, "usermodes": usermodes, "channelmodes": modes, "parammodes": modes, "snomasks": snomasks,
		"verb": longestVerb, "unknownverb": len(excerpt(strings.Repeat("x", 500))), "excerpt": len(excerpt(strings.Repeat("x", 500))),
		"asked": mostEchoed, "subject": mostEchoed, "privilege": privilege, "file": 64, "flags": len("H*B") + prefixes, "hops": len("0 "),
		"class": class, "opername": name, "hostmask": hostmask, "target": target, "network": address + len("/128"), "listener": mostListenerBytes, "listeners": mostListenerBytes,
		"mechanisms": 10 * len("SCRAM-SHA-512-PLUS--,"), // a name has at most 20 characters, and there are fewer than ten
		// One word of a list.
		"names...": prefixes + source, "channels...": prefixes + l.ChannelLength, "nicks...": l.NickLength, "sources...": source, "userhosts...": l.NickLength + len("*=+") + userhost,
		"tokens...": token, "keys...": policy.MetadataKeyBytes, "modes...": 2 + 1 + l.ChannelLength, "fields...": 0,
	}
}

// TestNumericsFit computes the greatest length of every numeric with the greatest lengths that may be configured: the
// line can be cut only in its final text.
func TestNumericsFit(t *testing.T) {
	cfg := largestConfig(t)
	require.Equal(t, cfg.Limits.ChannelLength, mostNameBytes)
	require.Equal(t, 64, cfg.Limits.NickLength)
	lengths := greatestLengths(cfg)
	rows := numericRows(t)
	require.Greater(t, len(rows), 170)
	used := map[string]bool{}
	for _, row := range rows {
		total := len(":") + len(cfg.Server.Name) + len(" 000 ") + cfg.Limits.NickLength + len("\r\n")
		for _, kind := range row.params {
			used[kind] = true
			if kind == "text" {
				total += len(" :")
				continue
			}
			length, known := lengths[kind]
			require.True(t, known, "%s: %q is no kind of parameter", row.name, kind)
			total += len(" ") + length
			if strings.HasPrefix(row.kind, "free") && kind == row.params[len(row.params)-1] {
				total += len(":")
			}
		}
		if row.text != "" {
			total += len(" :")
		}
		if total > wire.MaxLineBytes {
			t.Errorf("%s %s %v has up to %d bytes besides its text", row.name, row.code, row.params, total)
		}
		if number, err := strconv.Atoi(row.kind[len(row.kind)-1:]); err == nil {
			require.Len(t, row.params, number, row.name)
		}
	}
	for kind := range lengths {
		require.True(t, used[kind], "no numeric has a %s", kind)
	}
}

// TestFieldsFit checks the numeric with a variable number of parameters of several kinds: without the channel, which is
// left out if there is no room for it, all other fields of WHOX fit.
func TestFieldsFit(t *testing.T) {
	l := greatestLengths(largestConfig(t))
	total := len(":") + l["server"] + len(" 354 ") + l["nick"] + len("\r\n") + len(" 999 *")
	for _, kind := range []string{"user", "address", "host", "server", "nick", "flags", "letter", "seconds", "account", "symbol"} {
		total += len(" ") + l[kind]
	}
	require.LessOrEqual(t, total+len(" n/a :"), wire.MaxLineBytes)
}
