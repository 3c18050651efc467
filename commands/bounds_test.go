package commands

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// bound is the limit on the length of a list: a slice, a map or a channel that can be reached from a Server.
type bound struct {
	// most returns the limit for a list of this owner, under the current configuration. If it is nil, why says what
	// limits the list, or that no client's lines make it longer.
	most func(w *world, owner reflect.Value) int
	why  string
}

// world holds the values that limits depend on.
type world struct {
	server *Server
	config *config.Config
	policy state.Policy
}

func fixedBound(n int) bound { return bound{most: func(*world, reflect.Value) int { return n }} }

func byPolicy(most func(p *state.Policy) int) bound {
	return bound{most: func(w *world, _ reflect.Value) int { return most(&w.policy) }}
}

func byConfig(most func(c *config.Config) int) bound {
	return bound{most: func(w *world, _ reflect.Value) int { return most(w.config) }}
}

func byState(most func(s *state.State) int) bound {
	return bound{most: func(w *world, _ reflect.Value) int { return most(w.server.state) }}
}

func because(why string) bound { return bound{why: why} }

func users(s *state.State) int { return s.Counts().Users }

func channels(s *state.State) int { return s.Counts().Channels }

// Names for some of the numbers below.
const (
	mostLetters   = 64
	slowNumbers   = 2 * 64 // a user and a time for each of those who left
	questions     = 16     // about one connection, the lists of addresses apart
	headersOfPool = 64     // distinct shapes of one line
)

// bounds has a row for each list.
var bounds = map[string]bound{
	// The state. The number of users is that of connections, which config.Limits bounds.
	"state.State.users":              byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"state.State.sessions":           byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"state.State.nicks":              byState(users),
	"state.State.byID":               byState(users),
	"state.State.operators":          byState(users),
	"state.accounts.list":            because("the accounts that exist; users cannot make any"),
	"state.accounts.byName":          because("the accounts that exist; users cannot make any"),
	"state.Account.users":            byState(users),
	"state.State.channels":           {most: mostChannels},
	"state.State.names":              byState(channels),
	"state.State.chanByID":           byState(channels),
	"state.State.oldNames":           byState(func(s *state.State) int { return 8 * channels(s) }),
	"state.State.nodes":              fixedBound(1),
	"state.State.steps":              fixedBound(64), // of the clock, see TestClockStepsAreBounded
	"state.State.whowas":             byPolicy(func(p *state.Policy) int { return p.WhowasEntries }),
	"state.State.filters":            fixedBound(200),
	"state.State.events[]":           because("what the last operation did; Apply lets go of a long list"),
	"state.State.outlooks":           fixedBound(64), // of the members whose ranks one operation changes
	"state.State.events":             because("what the last operation did; Apply lets go of a long list"),
	"state.banList.all":              byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.byTarget":         byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.byPrefix":         byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.byPrefix[]":       byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.byWord":           byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.byWord[]":         byPolicy(func(p *state.Policy) int { return p.ServerBans }),
	"state.banList.wild":             fixedBound(8), // kinds of targets
	"state.banList.wild[]":           fixedBound(10_000),
	"state.accountMarkers.byAccount": byPolicy(func(p *state.Policy) int { return p.AccountReadMarkers }),
	"state.markedAccount.list":       byPolicy(func(p *state.Policy) int { return p.ReadMarkers }),
	"state.dueQueue.heap":            {most: mostDues},
	"state.dueQueue.at":              {most: mostDues},
	"state.attempt.lines":            byPolicy(func(p *state.Policy) int { return p.MultilineLines }),
	"state.attempt.tags":             fixedBound(wire.MaxClientTagBytes / len("+a")),
	"state.Policy.MetadataAllowed":   because("the configuration's"),
	"state.User.sessions":            fixedBound(1),
	"state.User.members":             byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"state.User.invites":             byPolicy(func(p *state.Policy) int { return max(p.InvitesPerUser, 1) }),
	"state.User.accepts":             fixedBound(32),
	"state.User.acceptedBy":          byState(users),
	"state.User.silences":            fixedBound(32),
	"state.User.metadata":            byPolicy(func(p *state.Policy) int { return p.MetadataKeys }),
	"state.User.markers":             byPolicy(func(p *state.Policy) int { return p.ReadMarkers }),
	"state.User.marks":               fixedBound(8), // parts of a cloak
	"state.Channel.members":          byState(users),
	"state.Channel.invited":          fixedBound(1000),
	"state.Channel.lists":            fixedBound(mostLetters),
	"state.Channel.params":           fixedBound(mostLetters),
	"state.Channel.oldNames":         fixedBound(8),
	"state.Channel.memory":           fixedBound(mostLetters),
	"state.Channel.metadata":         byPolicy(func(p *state.Policy) int { return p.MetadataKeys }),
	"state.Member.memory":            fixedBound(mostLetters),
	"state.modeList.entries":         byPolicy(func(p *state.Policy) int { return p.ListEntries }),
	"state.remembered.numbers":       fixedBound(slowNumbers),
	"state.modeParam.parsed":         because("made of a parameter, which is bounded in bytes"),
	"state.Session.Local":            because("the Client, which stands in Server.clients"),

	// The server.
	"commands.Server.clients":        byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"commands.Server.isupport":       fixedBound(100),
	"commands.Server.scratch":        because("one line, or one multiline message"),
	"commands.Server.tags":           fixedBound(600), // each of a client's 4,094 bytes and of ours
	"commands.Server.monitors":       {most: mostMonitored},
	"commands.Server.monitors[]":     byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"commands.Server.places":         byConfig(func(c *config.Config) int { return 2 * c.Limits.Clients }),
	"commands.Server.uses":           {most: func(*world, reflect.Value) int { return len(verbs) }},
	"commands.Server.settings":       byConfig(func(c *config.Config) int { return len(c.Classes) + 1 }),
	"commands.turn.place":            fixedBound(1),
	"commands.sharedFlush.pending":   byConfig(func(c *config.Config) int { return c.Limits.Clients }), // each connection once
	"commands.sharedFlush.pending[]": because("the connections, which stand in Server.clients"),
	"commands.Server.filters":        fixedBound(200),
	"commands.gathering.lines":       because("one answer, which its sender has paid for by length"),
	"commands.outLine.tags":          because("those of the message being rendered"),
	"commands.outLine.parts":         because("those of the message being rendered"),
	"commands.outLine.more":          fixedBound(headersOfPool),
	"commands.shape.bytes":           because("one line, or one multiline message"),
	"wire.Line.Params":               fixedBound(15),
	"wire.Line.Tags":                 because("those of the message being rendered"),
	"commands.answerCache.answers":   fixedBound(16 << 10),
	"commands.datedAnswer.value":     fixedBound(64), // answers of a list of addresses
	"commands.turns.all":             fixedBound(mostQuestions),
	"commands.turns.networks":        byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"commands.networkTurns.places":   fixedBound(mostNetworkQuestions),

	"order.Options.Journal":  because("journal bounds it"),
	"order.Options.Teller":   because("the server"),
	"order.Outcome.By":       because("one asks"),
	"order.Outcome.Events":   because("those of one operation"),
	"order.Outcome.Events[]": because("one event"),
	"order.Outcome.Op":       because("one operation"),
	"order.Queue.asked":      fixedBound(1),
	"order.Queue.asked[]":    because("one asks"),
	"order.Queue.due":        fixedBound(1),
	"order.Queue.encoded":    because("one operation, kept up to 64 KiB"),

	// A connection.
	"commands.Client.monitored":      byConfig(func(c *config.Config) int { return c.Limits.Monitor }),
	"commands.Client.subs":           byConfig(func(c *config.Config) int { return c.Metadata.MaxSubs }),
	"commands.Client.places":         fixedBound(2),
	"commands.Client.given":          byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Client.rolls":          byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Client.late":           byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Client.unwanted":       fixedBound(mostUnwanted),
	"commands.Peer.conn":             because("transport bounds it"),
	"commands.Client.held":           fixedBound(mostWaitingLines),
	"commands.Client.held[]":         fixedBound(mostWaitingBytes),
	"commands.outbox.conns[]":        because("transport bounds it"),
	"commands.outbox.conns":          byConfig(func(c *config.Config) int { return c.Limits.Clients }),
	"commands.registration.metadata": byPolicy(func(p *state.Policy) int { return p.MetadataKeys }),
	"commands.blockScore.zones":      byConfig(func(c *config.Config) int { return len(c.Blocklists) }),
	"commands.lookups.asked":         byConfig(func(c *config.Config) int { return len(c.Blocklists) + questions }),
	"commands.lookups.ctx":           because("one context"),
	"commands.clientBatch.collector": because("one of the types in implementations"),
	"commands.multiline.lines":       byPolicy(func(p *state.Policy) int { return p.MultilineLines }),
	"commands.multiline.tags":        fixedBound(600),
	"commands.login.exchange":        because("the accounts' own"),
	"commands.saslResponse.encoded":  fixedBound(mostSASLBytes*4/3 + 4),
	"commands.openBatches.outermost": fixedBound(2),
	"commands.Call.entered":          byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Call.owed":             byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Call.replays":          byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"commands.Call.verdicts":         because("the texts of one command"),
	"commands.verdict.numbers":       because("content filters, which are bounded"),
	"commands.Call.hit":              because("content filters, which are bounded"),
	"commands.historyReader.err":     because("one error"),
	"commands.past.buffers":          fixedBound(16), // two parties of each side, in three ways
	"commands.past.own":              fixedBound(2),
	"state.Page.Without":             fixedBound(2),
	"commands.records.current":       because("those of one operation"),
	"commands.records.list":          because("what was said since the last flush, which takes it"),
	"state.Record.To":                byPolicy(func(p *state.Policy) int { return p.ChannelsPerUser }),
	"state.RedactRecord.In":          fixedBound(3),
	"state.Line.Params":              fixedBound(15),
	"state.Line.Parts":               byPolicy(func(p *state.Policy) int { return p.MultilineLines }),
	"state.Line.Tags":                fixedBound(600),
	"commands.response.held":         fixedBound(mostHeldBytes),
	"commands.heldLine.bytes":        because("one line; response.held has mostHeldBytes of them in all"),
}

// mostChannels returns the limit on channels: each has a member, except the permanent ones of IRC operators.
func mostChannels(w *world, _ reflect.Value) int {
	permanent := 0
	for _, c := range w.server.state.ChannelsFrom(0) {
		if c.HasMode('P') {
			permanent++
		}
	}
	return users(w.server.state)*w.policy.ChannelsPerUser + permanent
}

// mostDues returns the limit on things that end by themselves: entries of lists, server bans, old names, and a level of
// DEFCON.
func mostDues(w *world, _ reflect.Value) int {
	return channels(w.server.state)*(w.policy.ListEntries+8) + w.policy.ServerBans + 1
}

func mostMonitored(w *world, _ reflect.Value) int {
	return len(w.server.clients) * w.config.Limits.Monitor
}

// notGrown holds the first parts of the names of lists that no client's lines make longer, because only the program and
// its configuration determine them.
var notGrown = []string{"commands.Options.", "commands.view.", "config."}

// implementations holds the types that fields of interface types have, for types of this program.
var implementations = map[string]reflect.Type{"commands.clientBatch.collector": reflect.TypeFor[multiline]()}

// shared holds the fields of Server and Client that Server.mu guards. All other fields are examined only when no other
// goroutine runs.
var shared = map[string]bool{
	"commands.Server.state": true, "commands.Server.clients": true, "commands.Server.isupport": true, "commands.Server.scratch": true, "commands.Server.tags": true,
	"commands.Server.monitors": true, "commands.Server.gathering": true, "commands.Server.pool": true, "commands.Server.buffers": true, "commands.Server.places": true,
	"commands.Client.session": true, "commands.Client.monitored": true, "commands.Client.subs": true, "commands.Client.given": true, "commands.Client.places": true,
}

// mostStringBytes bounds every string in the state, except the tags of the message that was sent last.
const mostStringBytes = 512

func mostBytesOf(name string) int {
	if strings.HasPrefix(name, "state.Tag.") {
		return wire.MaxClientTagBytes
	}
	return mostStringBytes
}

// ours reports whether a type belongs to the packages whose fields need a row in bounds.
func ours(t reflect.Type) bool {
	switch t.PkgPath() {
	case "bavard/commands", "bavard/order", "bavard/state", "bavard/wire":
		return true
	}
	return false
}

// fieldName returns the name of a field in bounds.
func fieldName(owner reflect.Type, i int) string {
	name, _, _ := strings.Cut(owner.String(), "[") // without the types of a generic one
	return name + "." + owner.Field(i).Name
}

func isGrown(name string) bool {
	return !slices.ContainsFunc(notGrown, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// pointedBy returns the type that an atomic.Pointer points to, and nil for any other type.
func pointedBy(t reflect.Type) reflect.Type {
	if t.PkgPath() == "sync/atomic" && strings.HasPrefix(t.Name(), "Pointer[") {
		return t.Field(0).Type.Elem().Elem()
	}
	return nil
}

// listsOf collects the names of all lists that can be reached from values of a type.
func listsOf(t reflect.Type, name string, seen map[reflect.Type]bool, found map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Array:
		listsOf(t.Elem(), name, seen, found)
	case reflect.Slice, reflect.Map, reflect.Chan:
		found[name] = true
		if t.Kind() == reflect.Map {
			listsOf(t.Key(), name+"<>", seen, found)
		}
		listsOf(t.Elem(), name+"[]", seen, found)
	case reflect.Interface:
		found[name] = true
		if held := implementations[name]; held != nil {
			listsOf(held, name, seen, found)
		}
	case reflect.Struct:
		if to := pointedBy(t); to != nil {
			listsOf(to, name, seen, found)
		}
		if !ours(t) || seen[t] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			if name := fieldName(t, i); isGrown(name) {
				listsOf(t.Field(i).Type, name, seen, found)
			}
		}
	}
}

// TestEveryListHasABound checks that each slice, map or channel that lives as long as the server or a connection has a
// row in bounds. The soak test and the scripts check that the lists stay within these limits.
func TestEveryListHasABound(t *testing.T) {
	found := map[string]bool{}
	listsOf(reflect.TypeFor[Server](), "", map[reflect.Type]bool{}, found)
	require.Greater(t, len(found), 80)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if _, known := bounds[name]; !known {
			t.Errorf("%s has no bound: give it a row in bounds", name)
		}
	}
	for name, b := range bounds {
		require.True(t, found[name], "there is no list %s", name)
		require.NotEqual(t, b.most != nil, b.why != "", "%s: a number, or the reason for none", name)
	}
}

// census holds the lengths of a server's lists.
type census struct {
	world   *world
	shared  bool // other goroutines run; Server.mu is held
	seen    map[visit]bool
	longest map[string]int
	tooLong []string
}

type visit struct {
	at unsafe.Pointer
	of reflect.Type
}

// countLists examines every list of a server, and collects those that are too long. shared means that other goroutines
// run, and that Server.mu is held.
func countLists(s *Server, shared bool) *census {
	c := &census{&world{s, s.config, *s.state.Policy()}, shared, map[visit]bool{}, map[string]int{}, nil}
	c.count(reflect.ValueOf(s), "", reflect.Value{})
	return c
}

func (c *census) count(v reflect.Value, name string, owner reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && (v.Kind() == reflect.Interface || !c.met(v)) {
			c.count(v.Elem(), name, owner)
		}
	case reflect.Array:
		for i := range v.Len() {
			c.count(v.Index(i), name, owner)
		}
	case reflect.Slice, reflect.Map, reflect.Chan:
		c.list(v, name, owner)
	case reflect.String:
		if most := mostBytesOf(name); strings.HasPrefix(name, "state.") && v.Len() > most {
			c.tooLong = append(c.tooLong, fmt.Sprintf("%s has %d bytes", name, v.Len()))
		}
	case reflect.Struct:
		c.fields(v, name, owner)
	}
}

// met reports whether it has been called with this pointer before.
func (c *census) met(v reflect.Value) bool {
	at := visit{v.UnsafePointer(), v.Type()}
	before := c.seen[at]
	c.seen[at] = true
	return before
}

func (c *census) fields(v reflect.Value, name string, owner reflect.Value) {
	t := v.Type()
	if to := pointedBy(t); to != nil {
		c.count(reflect.NewAt(to, v.FieldByName("v").UnsafePointer()), name, owner)
	}
	if !ours(t) {
		return
	}
	for i := range t.NumField() {
		name := fieldName(t, i)
		guarded := t != reflect.TypeFor[Server]() && t != reflect.TypeFor[Client]() || shared[name]
		if isGrown(name) && (guarded || !c.shared) {
			c.count(v.Field(i), name, v)
		}
	}
}

func (c *census) list(v reflect.Value, name string, owner reflect.Value) {
	c.longest[name] = max(c.longest[name], v.Len())
	if b := bounds[name]; b.most != nil {
		if most := b.most(c.world, owner); v.Len() > most {
			c.tooLong = append(c.tooLong, fmt.Sprintf("%s has %d elements, and may have %d", name, v.Len(), most))
		}
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			c.count(v.Index(i), name+"[]", owner)
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			c.count(entries.Key(), name+"<>", owner)
			c.count(entries.Value(), name+"[]", owner)
		}
	}
}

// requireBounds requires that no list is longer than its limit. No other goroutine may run, except those of look-ups,
// which give back their turn after the client has been answered.
func (g *stage) requireBounds() {
	g.t.Helper()
	for _, mu := range []*sync.Mutex{&g.server.turns.mu, &g.server.hosts.mu, &g.server.blocks.mu} {
		mu.Lock()
		defer mu.Unlock()
	}
	require.Empty(g.t, countLists(g.server, false).tooLong)
}

// smallConfig sets all limits to small numbers.
const smallConfig = `
[limits]
monitor = 3
channels_per_user = 4
list_entries = 5
invites_per_user = 3
whowas_entries = 4
read_markers = 3
account_read_markers = 5
[metadata]
max_keys = 2
max_subs = 3
changes_burst = 1000
[channels]
ranks = "qaohv"
rename_cooldown = "0s"
[bans]
entries = 6
[messages]
multiline_lines = 10
[accounts]
reauthentication = true
` + operConfig

// TestListsFillUp checks that a client that repeats a command, each time about something different, fills a list up to
// its limit and no further.
func TestListsFillUp(t *testing.T) {
	for list, c := range map[string]struct {
		first []string // sent before; alice is an IRC operator and the founder of #a
		line  string   // {n} is different each time, {joined} a channel that was joined, {name} the one that was #a
		times int      // 0: 40
		most  int      // the length that it reaches
		early bool     // before the welcome
	}{
		"commands.Client.monitored":      {line: "MONITOR + n{n}", most: 3},
		"commands.Server.monitors":       {line: "MONITOR + n{n}", most: 3},
		"commands.Client.subs":           {line: "METADATA * SUB key{n}", most: 3},
		"state.User.metadata":            {line: "METADATA * SET key{n} :x", most: 2},
		"state.Channel.metadata":         {line: "METADATA #a SET key{n} :x", most: 2},
		"state.User.members":             {line: "JOIN #c{n}", most: 4},
		"state.User.invites":             {first: []string{"JOIN #c1,#c2,#c3"}, line: "INVITE bob {joined}", most: 3},
		"state.User.accepts":             {line: "ACCEPT g{n}", most: 32},
		"state.User.silences":            {line: "SILENCE +n{n}!*@*", most: 32},
		"state.User.markers":             {line: "MARKREAD {joined} timestamp=2026-01-01T12:00:00.000Z", first: []string{"JOIN #c1,#c2,#c3"}, most: 3},
		"state.State.whowas":             {line: "NICK n{n}", most: 4},
		"state.Channel.oldNames":         {line: "RENAME {name} #r{n}", most: 8},
		"state.State.oldNames":           {line: "RENAME {name} #r{n}", most: 8},
		"state.modeList.entries":         {line: "MODE #a +b n{n}!*@*", most: 5},
		"state.State.filters":            {line: "FILTER ADD warn word{n}", times: 210, most: 200},
		"state.banList.all":              {line: "KLINE *@192.0.2.{n} :x", most: 6},
		"state.banList.wild[]":           {line: "UBAN ADD n{n}*!*@* x", most: 6},
		"state.banList.byPrefix":         {line: "KLINE *@192.0.2.{n} :x", most: 6},
		"state.banList.byWord":           {line: "RESV #n{n} :x", most: 6},
		"state.dueQueue.heap":            {line: "KLINE *@192.0.2.{n} 1h :x", most: 6},
		"commands.registration.metadata": {early: true, line: "METADATA * SET key{n} :x", most: 2},
		"commands.saslResponse.encoded":  {early: true, first: []string{"AUTHENTICATE PLAIN"}, line: "AUTHENTICATE " + strings.Repeat("A", saslChunkBytes), times: 60, most: 54 * saslChunkBytes},
		"commands.multiline.lines":       {first: []string{"BATCH +x draft/multiline #a"}, line: "@batch=x PRIVMSG #a :{n}", most: 10},
	} {
		t.Run(list, func(t *testing.T) {
			g := newStage(t, mergeConfig(testConfig, smallConfig))
			g.register("bob", parseConnect(nil))
			if list == "state.User.accepts" {
				for i := range 40 {
					g.register(fmt.Sprintf("g%d", i), parseConnect(nil))
				}
			}
			var a *actor
			if c.early {
				a = g.open("alice", "127.0.0.1", false, "")
				g.say(a, "CAP REQ :sasl draft/metadata-2 batch")
			} else {
				a = g.register("alice", parseConnect([]string{"caps=*"}))
				g.say(a, "OPER root secret")
				g.say(a, "JOIN #a")
			}
			for _, line := range c.first {
				g.say(a, line)
			}
			longest, times, name := 0, max(c.times, 40), "#a"
			for i := range times {
				line := strings.NewReplacer("{n}", itoa(i), "{joined}", []string{"#a", "#c1", "#c2", "#c3"}[i%4], "{name}", name).Replace(c.line)
				g.say(a, line)
				name = "#r" + itoa(i)
				found := countLists(g.server, false)
				require.Empty(t, found.tooLong, line)
				longest = max(longest, found.longest[list])
			}
			require.Equal(t, c.most, longest)
		})
	}
}

// TestListsStayWithinTheirBounds sends a large number of random lines to a server with small limits.
func TestListsStayWithinTheirBounds(t *testing.T) {
	g := newStage(t, mergeConfig(testConfig, smallConfig))
	s := &scribe{r: rand.New(rand.NewPCG(3, 14)), people: 12, channels: 5}
	for i := range 3000 {
		for len(g.clients) < 12 {
			forgive(g.server)
			a := g.register(fmt.Sprintf("guest%d", i*12+len(g.clients)), parseConnect([]string{"caps=*"}))
			if len(g.clients)%4 == 0 {
				g.say(a, "OPER root secret")
			}
		}
		speaker := g.clients[s.r.IntN(len(g.clients))]
		if speaker.conn.over {
			g.clients = slices.DeleteFunc(g.clients, func(a *actor) bool { return a == speaker })
			continue
		}
		if line := s.line(); len(line) <= wire.MaxInputBytes {
			g.say(speaker, line)
		}
		if i%50 == 0 {
			g.wait(time.Second)
			g.requireBounds()
		}
	}
}
