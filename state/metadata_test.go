package state

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// metadataStage has alice (founder of #c), bob (in #c), and root, an IRC operator with the privilege.
func metadataStage(t *testing.T) (*State, func(session SessionID, op Op) ([]Event, *Refusal)) {
	s, number := New(), uint64(0)
	s.policy.MetadataKeys, s.policy.MetadataKeyBytes, s.policy.MetadataValueBytes = 3, 10, 8
	do := func(session SessionID, op Op) ([]Event, *Refusal) {
		number++
		events, refusal := s.Apply(Stamp{Time: int64(number), Order: number, Origin: Origin{1, 1, number}, Session: session}, op)
		require.NoError(t, s.Check())
		require.NoError(t, s.CheckBounds())
		return append([]Event(nil), events...), refusal
	}
	do(0, &NodeUp{})
	for i, nick := range []string{"alice", "bob", "root"} {
		_, refusal := do(SessionID(i+1), &Register{Nick: nick, Username: "u", Host: "h"})
		require.Nil(t, refusal)
	}
	do(1, &Join{Channel: "#c"})
	do(2, &Join{Channel: "#c"})
	do(3, &MakeOper{Name: "root", Class: "c", Privileges: []string{"metadata"}})
	return s, do
}

func TestSetMetadataRefusals(t *testing.T) {
	s, do := metadataStage(t)
	s.policy.MetadataAllowed = []string{"color", "a", "b", "c", "d"}
	for _, x := range []struct {
		session SessionID
		op      SetMetadata
		code    Code
	}{
		{1, SetMetadata{"*", "color", "red", false}, OK},
		{1, SetMetadata{"ALICE", "color", "", false}, OK},
		{1, SetMetadata{"#c", "color", "12345678", false}, OK},
		{9, SetMetadata{"*", "color", "red", false}, NoSuchSession},
		{1, SetMetadata{"nobody", "Bad", "red", false}, NoMetadataTarget},
		{1, SetMetadata{"#none", "color", "red", false}, NoMetadataTarget},
		{1, SetMetadata{"bob", "Bad", "red", false}, BadMetadataKey},
		{1, SetMetadata{"*", "", "red", false}, BadMetadataKey},
		{1, SetMetadata{"*", "0123456789a", "red", false}, BadMetadataKey},
		{1, SetMetadata{"bob", "color", "red", false}, MetadataDenied},
		{2, SetMetadata{"#c", "color", "red", false}, MetadataDenied},
		{1, SetMetadata{"*", "other", "red", false}, MetadataDenied},
		{3, SetMetadata{"*", "other", "red", false}, OK},
		{1, SetMetadata{"*", "other", "", true}, MetadataNotSet},
		{1, SetMetadata{"*", "a", "123456789", false}, BadMetadataValue},
		{1, SetMetadata{"*", "a", "\xff", false}, BadMetadataValue},
		{1, SetMetadata{"*", "a", "a\rb", false}, BadMetadataValue},
		{1, SetMetadata{"*", "a", "1", false}, OK},
		{1, SetMetadata{"*", "b", "1", false}, OK},
		{1, SetMetadata{"*", "c", "1", false}, MetadataFull},
		{3, SetMetadata{"alice", "c", "1", false}, MetadataFull},
		{1, SetMetadata{"*", "b", "2", false}, OK},
		{1, SetMetadata{"*", "a", "", true}, OK},
		{1, SetMetadata{"*", "c", "1", false}, OK},
	} {
		_, refusal := do(x.session, &x.op)
		if x.code == OK {
			require.Nil(t, refusal, "%+v", x)
			continue
		}
		require.NotNil(t, refusal, "%+v", x)
		require.Equal(t, x.code, refusal.Code, "%+v", x)
	}
	require.Equal(t, Metadata{{"b", "2"}, {"c", "1"}, {"color", ""}}, s.User("alice").Metadata())
	require.Equal(t, Metadata{{"color", "12345678"}}, s.Channel("#c").Metadata())
}

// TestMetadataEvents: a change is told once, with whose doing it is; an operator's privilege shows as the server's.
func TestMetadataEvents(t *testing.T) {
	s, do := metadataStage(t)
	alice, c := s.User("alice"), s.Channel("#c")
	events, _ := do(1, &SetMetadata{"*", "color", "red", false})
	require.Equal(t, []Event{&MetadataChanged{By: alice, Session: 1, User: alice, Key: "color", Value: "red"}}, events)
	events, refusal := do(1, &SetMetadata{"*", "color", "red", false})
	require.Empty(t, events)
	require.Nil(t, refusal)
	events, _ = do(3, &SetMetadata{"alice", "color", "", true})
	require.Equal(t, []Event{&MetadataChanged{Session: 3, User: alice, Key: "color", Value: "red", Removed: true}}, events)
	do(3, &SetMetadata{"#c", "url", "x", false})
	do(1, &SetMetadata{"#c", "a", "y", false})
	events, refusal = do(2, &ClearMetadata{"#c"})
	require.Empty(t, events)
	require.Equal(t, MetadataDenied, refusal.Code)
	events, _ = do(1, &ClearMetadata{"#c"})
	require.Equal(t, []Event{
		&MetadataChanged{By: alice, Session: 1, Channel: c, Key: "a", Value: "y", Removed: true, Also: []Metadatum{{"url", "x"}}},
	}, events)
	require.Empty(t, c.Metadata())
	events, refusal = do(1, &ClearMetadata{"#c"})
	require.Empty(t, events)
	require.Nil(t, refusal)
}

// TestMetadataLists: who holds a list keeps what it was; names change, and what is kept under them stays.
func TestMetadataLists(t *testing.T) {
	s, do := metadataStage(t)
	for _, key := range []string{"b", "a", "c"} {
		do(1, &SetMetadata{"#c", key, "1", false})
	}
	list := s.Channel("#c").Metadata()
	do(1, &SetMetadata{"#c", "b", "2", false})
	do(1, &SetMetadata{"#c", "a", "", true})
	require.Equal(t, Metadata{{"a", "1"}, {"b", "1"}, {"c", "1"}}, list)
	do(1, &Rename{Channel: "#c", New: "#d"})
	require.Equal(t, Metadata{{"b", "2"}, {"c", "1"}}, s.Channel("#d").Metadata())
	value, found := s.Channel("#d").Metadata().Value("b")
	require.True(t, found)
	require.Equal(t, "2", value)
	_, found = s.Channel("#d").Metadata().Value("a")
	require.False(t, found)
	// Who is in the channel may use its old name, and nobody else.
	_, c := s.MetadataTarget(s.User("bob"), "#c")
	require.NotNil(t, c)
	u, c := s.MetadataTarget(s.User("root"), "#c")
	require.Nil(t, c)
	require.Nil(t, u)
}

// TestMetadataOfSecretChannels: for outsiders they are not there, but for operators who may see them.
func TestMetadataOfSecretChannels(t *testing.T) {
	s, do := metadataStage(t)
	do(4, &Register{Nick: "eve", Username: "u", Host: "h"})
	do(1, &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 's'}}})
	for nick, sees := range map[string]bool{"bob": true, "root": true, "eve": false} {
		_, c := s.MetadataTarget(s.User(nick), "#c")
		require.Equal(t, sees, c != nil, nick)
	}
}

// TestRegisterWithMetadata: what the policy does not allow is left out, and the rest is there.
func TestRegisterWithMetadata(t *testing.T) {
	s, do := metadataStage(t)
	_, refusal := do(4, &Register{Nick: "eve", Username: "u", Host: "h", Metadata: []Metadatum{
		{"z", "1"}, {"Bad", "1"}, {"a", "123456789"}, {"b", "2"}, {"z", "3"}, {"c", ""}, {"d", "too many"},
	}})
	require.Nil(t, refusal)
	require.Equal(t, Metadata{{"b", "2"}, {"c", ""}, {"z", "3"}}, s.User("eve").Metadata())
}

var metadataKey = regexp.MustCompile(`\A[a-z0-9_./-]+\z`)

func FuzzMetadataKey(f *testing.F) {
	for _, key := range []string{"", "avatar", "a.b/c-d_9", "$url", "A", "ключ", "a b", "a\n", strings.Repeat("x", 300), "\xff"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		require.Equal(t, metadataKey.MatchString(key), ValidMetadataKey(key))
		p := DefaultPolicy()
		refused := p.JudgeMetadataKey(key)
		require.Equal(t, !ValidMetadataKey(key) || len(key) > p.MetadataKeyBytes, refused != nil)
		changed, refusal := p.ChangeMetadata(Metadata{{"m", "1"}}, &SetMetadata{Key: key, Value: "2"}, false)
		if refusal == nil {
			require.NoError(t, changed.check())
			value, found := changed.Value(key)
			require.True(t, found)
			require.Equal(t, "2", value)
		}
	})
}
