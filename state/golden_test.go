package state

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var golden = flag.Bool("golden", false, "append the encodings of the operations that are new at the end of the list")

const goldenFile = "testdata/golden.txt"

// goldenStamp is that of the first operations in the list, and laterStamp that of those that were appended since a
// stamp has more fields.
var (
	goldenStamp = Stamp{Time: 1_700_000_000_000_000_000, Order: 300, Origin: Origin{1, 5, 299}, Session: 1<<48 | 7}
	laterStamp  = Stamp{Time: 1_700_000_000_000_000_000, Order: 300, Origin: Origin{1, 5, 299}, Session: 1<<48 | 7, Elapsed: 1_700_000_000_000_000_001}
)

func stampOf(line int) Stamp {
	if line < 59 {
		return goldenStamp
	}
	return laterStamp
}

// goldenPolicies are those of the list: the first as it was when its line was written, the second with all fields that
// there were then.
func goldenPolicies() []Policy {
	first := Policy{
		Casemapping: ASCII, Ranks: "qov", ChannelModes: "nt", UserModes: "i",
		NickBytes: 30, UserBytes: 12, RealnameBytes: 150, ChannelBytes: 64, TopicBytes: 390, KickBytes: 307, AwayBytes: 307, KeyBytes: 32,
		ChannelsPerUser: 50, ListEntries: 100, InvitesPerUser: 20, WhowasEntries: 1000, RenameRedirect: 600e9, MaskBytes: 200,
	}
	second := Policy{
		Casemapping: RFC1459, Ranks: "qaohv", Classic: true, OperatorsGrant: true, ChannelModes: "nst", UserModes: "iw",
		NickBytes: 31, UserBytes: 13, RealnameBytes: 151, ChannelBytes: 65, TopicBytes: 391, KickBytes: 308, AwayBytes: 309, KeyBytes: 33,
		ChannelsPerUser: 51, ListEntries: 101, InvitesPerUser: 21, WhowasEntries: 1001, RenameRedirect: 60e9, RenameCooldown: 61e9, MaskBytes: 201,
		ServerBans: 1002, BanPercent: 50, Defcon4: 1, Defcon3: 2, Defcon2: 4, Defcon1: 7, FilterScore: 10, FilterWindow: 62e9,
		MetadataKeys: 22, MetadataKeyBytes: 41, MetadataValueBytes: 251, MetadataAllowed: []string{"url", "color"}, ReadMarkers: 252, AccountReadMarkers: 1003,
		MultilineBytes: 4097, MultilineLines: 102, Relay: Relaying{Separators: "/", Rank: Operator, NickBytes: 34, User: "relay", Host: "relay.example"},
		Roleplay: Roleplaying{Enabled: true, Rank: Voice, Suffix: true}, RedactWindow: 63e9,
	}
	third := first
	third.ListBytes = 1004
	return []Policy{first, second, third}
}

// goldenOps are the operations of testdata/golden.txt, in its order. They are only ever appended to: what stands here
// may be in somebody's journal. An operation with a new field needs a further entry that sets it; -golden writes its
// line.
func goldenOps() []Op {
	policies := goldenPolicies()
	return []Op{
		&Register{Nick: "nick", Username: "user", Host: "host", Address: "192.0.2.1", Realname: "Real Name", Secure: true}, &Quit{"bye"}, &ChangeNick{"other"}, &SetAway{"gone"},
		&SetUserModes{[]ModeChange{{On: true, Letter: 'w'}}}, &MakeOper{Name: "root"}, &Join{Channel: "#c", Key: "key"}, &Part{"#c", "bye"}, &SetTopic{Channel: "#c", Text: "topic"},
		&InviteUser{"#c", "nick"}, &Kick{Channel: "#c", Nick: "nick", Reason: "why"}, &SetModes{Channel: "#c", Changes: []ModeChange{{Letter: 'b', Param: "*!*@*"}}}, &Rename{"#c", "#d", "why"},
		&Message{Notice, "#c", Operator, "text", []Tag{{"+a", "b"}}, nil}, &Kill{"nick", "why"}, &NodeUp{}, &Configure{policies[0]}, &Expire{}, &SendWallops{"text"},
		&AddBan{BanShun, "*!*@192.0.2.0/24", "why", 3600e9, "DNSBL", 1_600_000_000_000_000_000}, &RemoveBan{BanReserve, "#c"},
		&Announce{'k', "text"}, &ForceJoin{"nick", "#c"}, &ForcePart{"nick", "#c", "why"}, &ForceNick{"nick", "other"},
		&SetRealname{"A Name"}, &ChangeHost{"nick", "user", "host.example"}, &Cycle{"#c", "why"},
		&SetDefcon{3, 3600e9},
		&Knock{"#c"},
		&AddFilter{"*spam*", FilterBan, 5, 3600e9, "why"}, &RemoveFilter{"*spam*"}, &HitFilters{[]uint64{1, 2}, "PRIVMSG", "#c"},
		&ChangeAccept{"nick", true}, &ChangeSilence{"*!*@host.example", true},
		&SetAccount{"account"},
		&SetMetadata{"#c", "url", "https://c.example", false}, &ClearMetadata{"*"},
		&MarkRead{Target: "#c", Time: 1_600_000_000_123_000_000},
		&Relay{"#c", "x/net", "text", []Tag{{"+a", "b"}}}, &Play{"#c", "hero", "text", true, []Tag{{"+a", "b"}}},
		&Redact{3, Position{1_600_000_000_000_000_000, 7, 0}, Side{Account: "account"}, Side{User: 5}, "nick", "why", false},
		// From here on each has what its kind did not have at first, or had without a value.
		&Register{Nick: "nick", Username: "user", Host: "host", Address: "192.0.2.1", Realname: "Real Name", Fingerprint: "abcdef", RealHost: "real.example", Local: true, Account: "account",
			Metadata: []Metadatum{{"url", "https://u.example"}, {"color", "red"}}, Away: "gone"},
		&SetUserModes{[]ModeChange{{On: true, Letter: 's', Param: "+ck", Duration: 60e9, Reason: "why"}}},
		&MakeOper{Name: "root", Class: "class", Privileges: []string{"kill", "oper"}, Snomasks: "ck", Title: "a title", Vhost: "oper.example"},
		&Join{Channel: "#c", Key: "key", Follow: true}, &SetTopic{Channel: "#c", Text: "topic", Override: true},
		&Kick{Channel: "#c", Nick: "nick", Reason: "why", Override: true}, &Kick{Channel: "#c", Nick: "nick", Reason: "why", Part: true},
		&SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'b', Param: "*!*@*", Duration: 60e9, Reason: "why"}, {Letter: 'o', Param: "nick"}}, Override: true},
		&Message{Kind: Tagmsg, Target: "#c", Tags: []Tag{{"+a", "b"}, {"+c", ""}}},
		&Message{Kind: Privmsg, Target: "nick", Lines: []TextPart{{"one", false}, {"two", true}}},
		&SetMetadata{Target: "*", Key: "url", Remove: true},
		&MarkRead{Target: "nick", Time: 1_600_000_000_123_000_000, Known: Side{Account: "account"}}, &MarkRead{Target: "nick", Time: 1_600_000_000_123_000_000, Known: Side{User: 6}},
		&Redact{0, Position{1_600_000_000_000_000_000, 7, 3}, Side{User: 5}, Side{Account: "account"}, "nick", "why", true},
		&Configure{policies[1]},
		&Register{Nick: "nick", Username: "user", Host: "aaaa.bbbb.example", Marks: []string{"aaaa", "bbbb"}},
		&Configure{policies[2]},
		&Quit{"later"},
		&MarkRead{Target: "nick", Time: 1_600_000_000_123_000_000, Known: Side{AccountID: 9}},
		&Redact{0, Position{1_600_000_000_000_000_000, 7, 3}, Side{AccountID: 9}, Side{AccountID: 10}, "nick", "why", true},
	}
}

// TestGoldenEncodings: what was once written can be read for ever. A line is an operation's kind and its encoding.
func TestGoldenEncodings(t *testing.T) {
	text, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	ops := goldenOps()
	appended, err := checkGolden(string(text), ops)
	require.NoError(t, err)
	if *golden && appended != "" {
		require.NoError(t, os.WriteFile(goldenFile, []byte(string(text)+appended), 0o644))
		return
	}
	require.Empty(t, appended, "operations without an encoding: go test ./state -run TestGoldenEncodings -golden")
}

// checkGolden compares each line with its operation, and gives the lines of those operations that have none. It never
// gives another line for an operation that has one.
func checkGolden(text string, ops []Op) (appended string, err error) {
	var lines []string
	if text != "" {
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	if len(lines) > len(ops) {
		return "", fmt.Errorf("%d lines for %d operations: an operation that was once written must stay", len(lines), len(ops))
	}
	for i, op := range ops {
		if i >= len(lines) {
			appended += fmt.Sprintf("%d %x\n", kindOf(op), EncodeOp(stampOf(i), op))
			continue
		}
		var kind byte
		var raw []byte
		if _, err := fmt.Sscanf(lines[i], "%d %x", &kind, &raw); err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
		stamp, got, err := DecodeOp(raw)
		if err != nil {
			return "", fmt.Errorf("line %d, kind %d: %w", i+1, kind, err)
		}
		if kind != kindOf(op) || stamp != stampOf(i) || !reflect.DeepEqual(op, got) {
			return "", fmt.Errorf("line %d, kind %d: it was %#v and reads as %#v", i+1, kind, op, got)
		}
	}
	return appended, nil
}

// TestGoldenOnlyAppends: an existing line never changes, even with the flag, and even if its operation has changed.
func TestGoldenOnlyAppends(t *testing.T) {
	quit, nick := &Quit{"bye"}, &ChangeNick{"other"}
	raw, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	quitLine := strings.SplitAfter(string(raw), "\n")[1]
	added, err := checkGolden(quitLine, []Op{quit, nick})
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("3 %x\n", EncodeOp(goldenStamp, nick)), added)
	for name, ops := range map[string][]Op{"changed": {&Quit{"other"}}, "of a different kind": {nick}, "moved": {nick, quit}, "removed": {}} {
		added, err = checkGolden(quitLine, ops)
		require.Error(t, err, name)
		require.Empty(t, added, name)
	}
}

// TestGoldenHasEveryField: each kind of operation is in the list, and each field of each with a value; so is each
// field of a stamp.
func TestGoldenHasEveryField(t *testing.T) {
	all, filled := map[string]bool{}, map[string]bool{}
	fieldsOf(reflect.TypeFor[Stamp](), "Stamp", all)
	filledOf(reflect.ValueOf(laterStamp), "Stamp", filled)
	for kind, empty := range newOp {
		op := empty()
		require.Equal(t, kind, kindOf(op))
		fieldsOf(reflect.TypeOf(op).Elem(), reflect.TypeOf(op).Elem().Name(), all)
	}
	for _, op := range goldenOps() {
		filledOf(reflect.ValueOf(op).Elem(), reflect.TypeOf(op).Elem().Name(), filled)
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !filled[path] {
			t.Errorf("no golden encoding has %s: append an operation that has it to goldenOps, and run with -golden", path)
		}
	}
}

// fieldsOf collects the paths of all values that an encoding of a type has, and the type's own.
func fieldsOf(t reflect.Type, path string, into map[string]bool) {
	switch t.Kind() {
	case reflect.Struct:
		into[path] = true
		for i := range t.NumField() {
			fieldsOf(t.Field(i).Type, path+"."+t.Field(i).Name, into)
		}
	case reflect.Slice:
		fieldsOf(t.Elem(), path+"[]", into)
	default:
		into[path] = true
	}
}

// filledOf collects the paths that are not zero in a value; a struct without fields counts as such.
func filledOf(v reflect.Value, path string, into map[string]bool) {
	switch v.Kind() {
	case reflect.Struct:
		into[path] = true
		for i := range v.NumField() {
			filledOf(v.Field(i), path+"."+v.Type().Field(i).Name, into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			filledOf(v.Index(i), path+"[]", into)
		}
	default:
		if !v.IsZero() {
			into[path] = true
		}
	}
}
