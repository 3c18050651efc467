package state

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The reasons why a word in an operation is not a text that a user writes and others read.
const (
	aName    = "names something that exists already, or a mask of it"
	forOpers = "only IRC operators write it, who act by a privilege"
	byServer = "the server's, or proved to it"
	notShown = "nobody else reads it"
	aLetter  = "a tag's or a metadatum's key: clients do not show it"
)

// notTexts are the words of operations that are in no row of the table of texts.
var notTexts = map[string]string{
	"Register.Host": byServer, "Register.Address": byServer, "Register.Fingerprint": byServer, "Register.RealHost": byServer,
	"Register.Account": byServer, "Register.Marks": byServer, "Register.Metadata.Key": aLetter,
	"SetUserModes.Changes.Param": aName, "SetUserModes.Changes.Reason": notShown,
	"MakeOper": byServer, "Configure": byServer, "Announce": byServer, "HitFilters": byServer,
	"Kill": forOpers, "SendWallops": forOpers, "AddBan": forOpers, "RemoveBan": forOpers, "AddFilter": forOpers,
	"RemoveFilter": forOpers, "ForceJoin": forOpers, "ForcePart": forOpers, "ForceNick": forOpers, "ChangeHost": forOpers,
	"Join.Key": notShown, "ChangeAccept.Nick": aName, "ChangeSilence.Mask": notShown, "MarkRead.Target": notShown,
	"MarkRead.Known.Account": notShown, "SetAccount.Account": byServer, "Part.Channel": aName, "SetTopic.Channel": aName,
	"InviteUser.Channel": aName, "InviteUser.Nick": aName, "Kick.Channel": aName, "Kick.Nick": aName, "SetModes.Channel": aName,
	// Whom a mask means, and which words are not wanted, must be said whatever it is: a ban of a nick repeats the nick.
	"SetModes.Changes.Param": aName,
	"Rename.Channel":         aName, "Message.Target": aName, "Message.Tags.Key": aLetter, "Relay.Channel": aName,
	"Relay.Tags.Key": aLetter, "Play.Channel": aName, "Play.Tags.Key": aLetter, "Cycle.Channel": aName, "Knock.Channel": aName,
	"SetMetadata.Target": aName, "SetMetadata.Key": aLetter, "ClearMetadata.Target": aName, "Redact.Author.Account": notShown,
	"Redact.Peer.Account": notShown, "Redact.Nick": aName,
}

// words fills each string of a value with its path, and returns the paths.
func words(path string, v reflect.Value) (paths []string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(path)
		if path == "Quit.Reason" {
			v.SetString(quitPrefix + path)
		}
		return []string{path}
	case reflect.Struct:
		for i := range v.NumField() {
			paths = append(paths, words(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		paths = words(path, v.Index(0))
	}
	return paths
}

// TestEveryTextIsNamed: each word of each operation is filtered, or has a reason not to be. A new operation or field
// with a user's text must therefore be given a kind, and so its questions.
func TestEveryTextIsNamed(t *testing.T) {
	needless := map[string]bool{}
	for path := range notTexts {
		needless[path] = true
	}
	for _, makeOp := range newOp {
		op := makeOp()
		name := reflect.TypeOf(op).Elem().Name()
		paths := words(name, reflect.ValueOf(op).Elem())
		seen := map[string]bool{}
		FilterTexts(op, func(text string) bool {
			seen[text] = true
			return false
		})
		for _, path := range paths {
			why := path
			if notTexts[name] != "" {
				why = name
			}
			delete(needless, why)
			require.NotEqual(t, notTexts[why] != "", seen[path], "%s: give it a kind of text in ownTexts, or say in notTexts why it has none", path)
		}
	}
	require.Empty(t, needless, "no such words")
	for kind := MessageText; kind < textKinds; kind++ {
		require.NotEmpty(t, kind.String(), "kind %d", kind)
	}
}

// talk is a state in which alice says something that bob can read in #c, and root is an IRC operator. Only bob and the
// members who are made operators have a rank.
type talk struct{ *reading }

const (
	alice SessionID = 1 + iota
	bob
	root
)

func newTalk(t *testing.T) *talk {
	g := &talk{&reading{State: New(), t: t}}
	p := &g.policy
	p.Classic, p.Defcon1, p.RenameCooldown, p.ChannelModes = true, CloseTalk, 0, "n"
	p.Roleplay.Enabled, p.Relay = true, Relaying{Separators: "/", NickBytes: 30, User: "u", Host: "h"}
	g.must(0, &NodeUp{})
	for i, nick := range []string{"alice", "bob", "root"} {
		g.must(SessionID(i+1), &Register{Nick: nick, Username: "u", Host: "h"})
	}
	g.must(root, &MakeOper{Name: "root", Class: "all", Privileges: []string{"defcon", "shun"}})
	g.must(bob, &Join{Channel: "#c"})
	g.must(alice, &Join{Channel: "#c"})
	g.mode("+E")
	return g
}

// mode changes a mode of #c.
func (g *talk) mode(letter string, param ...string) {
	changes := []ModeChange{{On: letter[0] == '+', Letter: letter[1], Param: strings.Join(param, " ")}}
	g.must(bob, &SetModes{Channel: "#c", Changes: changes})
}

// saidText is the word that the tests write, and look for in the events.
const saidText = "w0rd"

// utterance is one way to say something.
type utterance struct {
	name string
	kind TextKind
	// operator: it needs the rank of operator, which exempts from bans and moderation. word: it cannot contain colours.
	operator, word bool
	// early is done before anything forbids it.
	early func(g *talk)
	say   func(text string) Op
}

var utterances = []utterance{
	{name: "PRIVMSG", kind: MessageText, say: func(x string) Op { return &Message{Target: "#c", Text: x} }},
	{name: "NOTICE", kind: MessageText, say: func(x string) Op { return &Message{Kind: Notice, Target: "#c", Text: x} }},
	{name: "multiline", kind: MessageText, say: func(x string) Op {
		return &Message{Target: "#c", Lines: []TextPart{{Text: "a"}, {Text: x}}}
	}},
	{name: "TAGMSG", kind: TagText, say: func(x string) Op { return &Message{Kind: Tagmsg, Target: "#c", Tags: []Tag{{"+x", x}}} }},
	{name: "PRIVMSG with tags", kind: TagText, say: func(x string) Op { return &Message{Target: "#c", Text: "a", Tags: []Tag{{"+x", x}}} }},
	{name: "SCENE", kind: MessageText, say: func(x string) Op { return &Play{Channel: "#c", Text: x} }},
	{name: "NPC", kind: CharacterText, word: true, say: func(x string) Op { return &Play{Channel: "#c", Nick: x, Text: "a"} }},
	{name: "SCENE with tags", kind: TagText, say: func(x string) Op { return &Play{Channel: "#c", Text: "a", Tags: []Tag{{"+x", x}}} }},
	{name: "RELAYMSG", kind: MessageText, say: func(x string) Op { return &Relay{Channel: "#c", Nick: "a/b", Text: x} }},
	{name: "RELAYMSG nick", kind: CharacterText, word: true, say: func(x string) Op { return &Relay{Channel: "#c", Nick: x + "/b", Text: "a"} }},
	{name: "TOPIC", kind: TopicText, say: func(x string) Op { return &SetTopic{Channel: "#c", Text: x} }},
	{name: "PART", kind: LeavingText, say: func(x string) Op { return &Part{Channel: "#c", Reason: x} }},
	{name: "CYCLE", kind: LeavingText, say: func(x string) Op { return &Cycle{Channel: "#c", Reason: x} }},
	{name: "QUIT", kind: QuitText, say: func(x string) Op { return &Quit{Reason: quitPrefix + x} }},
	{name: "KICK", kind: KickText, operator: true, say: func(x string) Op { return &Kick{Channel: "#c", Nick: "root", Reason: x} }},
	{name: "REMOVE", kind: KickText, operator: true, say: func(x string) Op { return &Kick{Channel: "#c", Nick: "root", Reason: x, Part: true} }},
	{name: "BAN", kind: BanText, operator: true, say: func(x string) Op {
		return &SetModes{Channel: "#c", Changes: []ModeChange{{On: true, Letter: 'b', Param: "x!*@*", Reason: x}}}
	}},
	{name: "RENAME reason", kind: RenameText, operator: true, say: func(x string) Op { return &Rename{Channel: "#c", New: "#d", Reason: x} }},
	{name: "JOIN", kind: ChannelText, word: true, say: func(x string) Op { return &Join{Channel: "#" + x} }},
	{name: "REDACT", kind: RedactionText, say: func(x string) Op {
		return &Redact{Channel: 1, At: Position{Elapsed: 100}, Author: Side{User: 1}, Reason: x}
	}},
	{name: "INVITE", kind: InvitationText, word: true, early: func(g *talk) { g.must(alice, &Join{Channel: "#" + saidText}) },
		say: func(x string) Op { return &InviteUser{Channel: "#" + x, Nick: "bob"} }},
	{name: "AWAY", kind: AwayText, say: func(x string) Op { return &SetAway{x} }},
	{name: "NICK", kind: NickText, word: true, say: func(x string) Op { return &ChangeNick{x} }},
	{name: "SETNAME", kind: RealnameText, say: func(x string) Op { return &SetRealname{x} }},
	{name: "METADATA of a channel", kind: ChannelMetadataText, operator: true, say: func(x string) Op { return &SetMetadata{Target: "#c", Key: "k", Value: x} }},
	{name: "METADATA", kind: MetadataText, say: func(x string) Op { return &SetMetadata{Target: "*", Key: "k", Value: x} }},
}

// heardIn returns the texts of events that others read.
func (g *talk) heardIn(events []Event) string {
	var out strings.Builder
	for _, e := range events {
		switch e := e.(type) {
		case *AwayChanged:
			fmt.Fprint(&out, e.User.away)
		case *RealnameChanged:
			fmt.Fprint(&out, e.User.realname)
		case *NickChanged:
			fmt.Fprint(&out, e.User.nick)
		case *TopicChanged:
			fmt.Fprint(&out, e.Channel.topic.Text)
		case *Invited:
			fmt.Fprint(&out, e.Channel.name)
		case *Joined:
			fmt.Fprint(&out, e.Member.channel.name)
		case *ModesChanged:
			for _, x := range e.Channel.List('b') {
				fmt.Fprint(&out, x.Reason)
			}
		case *MessageSent:
			fmt.Fprint(&out, e.Shown, e.Text, e.Lines, e.Tags)
		case *Parted:
			fmt.Fprint(&out, e.Reason)
		case *Kicked:
			fmt.Fprint(&out, e.Reason)
		case *Quitted:
			fmt.Fprint(&out, e.Reason)
		case *Renamed:
			fmt.Fprint(&out, e.Reason)
		case *Redacted:
			fmt.Fprint(&out, e.Reason)
		case *MetadataChanged:
			fmt.Fprint(&out, e.Value)
		}
	}
	return out.String()
}

// TestTextsAreAsked: each utterance is judged by exactly the questions in the row of its kind.
func TestTextsAreAsked(t *testing.T) {
	conditions := []struct {
		name    string
		set     func(g *talk)
		asked   func(x *utterance) bool
		colours bool
	}{
		{name: "peace", set: func(*talk) {}, asked: func(*utterance) bool { return false }},
		{name: "DEFCON", set: func(g *talk) { g.must(root, &SetDefcon{Level: 1}) },
			asked: func(x *utterance) bool { return x.kind.asks(askTalk) }},
		{name: "shun", set: func(g *talk) { g.must(root, &AddBan{Action: BanShun, Target: "alice!*@*"}) },
			asked: func(x *utterance) bool { return x.kind.asks(askShun) }},
		{name: "mute", set: func(g *talk) { g.mode("+b", "$m:alice!*@*") },
			asked: func(x *utterance) bool { return !x.operator && (x.kind.asks(askModes) || x.kind.asks(askBan)) }},
		{name: "ban", set: func(g *talk) { g.mode("+b", "alice!*@*") },
			asked: func(x *utterance) bool { return !x.operator && (x.kind.asks(askModes) || x.kind.asks(askBan)) }},
		{name: "moderation", set: func(g *talk) { g.mode("+m") },
			asked: func(x *utterance) bool { return !x.operator && x.kind.asks(askModes) }},
		{name: "words", set: func(g *talk) {
			g.mode("+g", saidText)
			g.mode("+X", "filter:*") // operators are exempt otherwise
		}, asked: func(x *utterance) bool { return x.kind.asks(askModes) }},
		{name: "colours", colours: true, set: func(g *talk) { g.mode("+c") },
			asked: func(x *utterance) bool { return x.kind.asks(askModes) && !x.word }},
		{name: "stripped colours", colours: true, set: func(g *talk) { g.mode("+S") },
			asked: func(x *utterance) bool { return x.kind.asks(askModes) && !x.word }},
	}
	met := map[TextKind]bool{UsernameText: true} // it is never said again
	for _, x := range utterances {
		met[x.kind] = true
		for _, condition := range conditions {
			t.Run(x.name+"/"+condition.name, func(t *testing.T) {
				g := newTalk(t)
				if x.operator {
					g.mode("+o", "alice")
					g.must(root, &Join{Channel: "#c"})
				}
				if x.early != nil {
					x.early(g)
				}
				condition.set(g)
				text := saidText
				if condition.colours && !x.word {
					text = "\x02" + saidText
				}
				events, _ := g.try(alice, x.say(text))
				require.Equal(t, !condition.asked(&x), strings.Contains(g.heardIn(events), text), "heard: %q", g.heardIn(events))
			})
		}
	}
	for kind := MessageText; kind < textKinds; kind++ {
		require.True(t, met[kind], "nobody says a %s", kind)
	}
}

// TestTextsToOneUser: a text for one user is not delivered if that user has silenced its author.
func TestTextsToOneUser(t *testing.T) {
	asked := map[TextKind]bool{}
	for kind, op := range map[TextKind]Op{
		MessageText:    &Message{Target: "bob", Text: saidText},
		TagText:        &Message{Kind: Tagmsg, Target: "bob", Tags: []Tag{{"+x", saidText}}},
		RedactionText:  &Redact{At: Position{Elapsed: 100}, Author: Side{User: 1}, Peer: Side{User: 2}, Nick: "bob", Reason: saidText},
		InvitationText: &InviteUser{Channel: "#x", Nick: "bob"},
	} {
		asked[kind] = true
		g := newTalk(t)
		g.must(alice, &Join{Channel: "#x"})
		unheard := func() (is bool) {
			for _, e := range g.must(alice, op) {
				switch e := e.(type) {
				case *MessageSent:
					is = e.Unheard
				case *Redacted:
					is = e.Unheard
				case *Invited:
					is = e.Unheard
				}
			}
			return is
		}
		require.False(t, unheard(), kind.String())
		g.must(bob, &ChangeSilence{Mask: "alice!*@*", On: true})
		require.True(t, unheard(), kind.String())
	}
	for kind := MessageText; kind < textKinds; kind++ {
		require.Equal(t, kind.asks(askRecipient), asked[kind], kind.String())
	}
}
