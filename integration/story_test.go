package integration

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStory acts out, with each real client, with and without TLS, what a user does in an evening on IRC.
func TestStory(t *testing.T) {
	for _, c := range clients {
		for _, secure := range []bool{false, true} {
			name := c.name + "/plain"
			if secure {
				name = c.name + "/tls"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tellStory(t, c.make(t), secure)
			})
		}
	}
}

// tale is the state of the story: may uses the real client; ann and ben are raw clients.
type tale struct {
	may      *client
	ann, ben *raw
	secure   bool
}

func tellStory(t *testing.T, p program, secure bool) {
	t.Helper()
	srv := serve(t, quick)
	s := &tale{may: sitDown(t, p, srv, "may", secure), secure: secure}
	s.founding(srv)
	s.talking()
	s.ranks()
	s.renaming()
	s.absence()
	s.succession()
	s.end()
}

// founding: the user who creates a channel is its founder, and sees others join.
func (s *tale) founding(srv *server) {
	may := s.may
	may.types("", "/join #café")
	may.sees(entered, "may", "#café")
	may.lists("#café", "~may")
	s.ann, s.ben = join(may.t, srv, "ann"), join(may.t, srv, "ben")
	for _, r := range []*raw{s.ann, s.ben} {
		r.send("JOIN #café")
		may.sees(joined, r.nick, "#café")
		r.sees(` 353 ` + r.nick + ` = #café :~may `)
	}
	may.lists("#café", "~may", "ann", "ben")
}

// talking: messages to the channel, to one user and to several users, and the topic.
func (s *tale) talking() {
	may, ann, ben := s.may, s.ann, s.ben
	const text = "Grüße aus Köln: ça va? 日本語, 😀 & %d $x ünd \"so\""
	may.enter("#café", text)
	ann.sees(`^:may!\S+ PRIVMSG #café :Grüße aus Köln: ça va\? 日本語, 😀 & %d \$x ünd "so"$`)
	ann.send("PRIVMSG #café :%s", "Déjà vu — Ελληνικά")
	may.sees(said, "ann", "#café", "Déjà vu — Ελληνικά")

	may.types("#café", "/msg ann only you, señora")
	ann.sees(`^:may!\S+ PRIVMSG ann :only you, señora$`)
	ann.send("PRIVMSG may :only me?")
	may.sees(told, "ann", "only me?")

	may.types("#café", "/msg ann,ben both of you")
	ann.sees(`^:may!\S+ PRIVMSG ann :both of you$`)
	ben.sees(`^:may!\S+ PRIVMSG ben :both of you$`)
	may.types("#café", "/quote MSG ann;ben and again") // /msg is the client's own
	ann.sees(`^:may!\S+ PRIVMSG ann :and again$`)
	ben.sees(`^:may!\S+ PRIVMSG ben :and again$`)

	may.types("#café", "/topic #café Crème brûlée")
	may.sees(topicSet, "may", "#café", "Crème brûlée")
	ann.sees(`^:may!\S+ TOPIC #café :Crème brûlée$`)
	ann.send("TOPIC #café :Tea")
	ann.sees(` 482 ann #café `)
}

// ranks: the founder grants operator status; the operator can kick members of lower rank until it is revoked.
func (s *tale) ranks() {
	may, ann, ben := s.may, s.ann, s.ben
	may.typesVerb("#café", "GRANT ann")
	may.sees(moded, "may", "#café", "+o ann")
	may.lists("#café", "~may", "@ann", "ben")
	ben.sees(`^:may!\S+ MODE #café \+o ann$`)

	ann.send("KICK #café may :me first")
	ann.sees(` 482 ann #café :.*founder`)
	ann.send("KICK #café ben :enough")
	may.sees(kicked, "ben", "#café", "ann", "enough")
	may.lists("#café", "~may", "@ann")
	ben.sees(` KICK #café ben :enough$`)
	ben.send("JOIN #café")
	may.sees(joined, "ben", "#café")

	may.typesVerb("#café", "REVOKE ann")
	may.sees(moded, "may", "#café", "-o ann")
	may.lists("#café", "~may", "ann", "ben")
	ann.sees(`^:may!\S+ MODE #café -o ann$`)

	may.types("#café", "/kick ann my turn")
	may.sees(kicked, "ann", "#café", "may", "my turn")
	ann.sees(`^:may!\S+ KICK #café ann :my turn$`)
	ann.send("JOIN #café")
	may.sees(joined, "ann", "#café")
}

// renaming: a client that does not support RENAME sees itself part and join; everyone keeps their rank.
func (s *tale) renaming() {
	may, ann, ben := s.may, s.ann, s.ben
	may.typesVerb("#café", "GRANT ben")
	may.sees(moded, "may", "#café", "+o ben")
	may.typesVerb("#café", "REN #thé")
	may.sees(left, "may", "#café")
	may.sees(entered, "may", "#thé")
	may.sees(topicShown, "#thé", "Crème brûlée")
	may.lists("#thé", "~may", "@ben", "ann")
	ann.sees(`^:ann!\S+ JOIN #thé$`)
	ben.sees(`^:ben!\S+ JOIN #thé$`)
	may.enter("#thé", "here we are")
	ann.sees(`^:may!\S+ PRIVMSG #thé :here we are$`)
}

// absence: being away, and asking about others.
func (s *tale) absence() {
	may, ann := s.may, s.ann
	may.types("#thé", "/away à table")
	may.sees(markedAway)
	ann.send("PRIVMSG may :are you there?")
	ann.sees(` 301 ann may :à table$`)
	may.sees(told, "ann", "are you there?")
	may.types("#thé", "%s", may.back())
	may.sees(markedBack)

	ann.send("AWAY :fast asleep")
	ann.drain()
	may.types("#thé", "/whois ann")
	may.sees(whoisName, "ann", "ann Example")
	may.types("#thé", "/msg ann wake up")
	may.sees(isAway, "ann", "fast asleep")
	ann.send("AWAY")
	ann.send("WHOIS may")
	ann.sees(` 311 ann may `)
	secure := slices.Contains(ann.drain(), ":irc.test 671 ann may :is using a secure connection")
	require.Equal(may.t, s.secure, secure, "whether WHOIS says that the connection is secure")
	ann.send("NICK anna")
	may.sees(nickChanged, "ann", "anna")
	may.types("#thé", "/nick maya")
	may.sees(nickTaken, "may", "maya")
	ann.sees(`^:may!\S+ NICK :?maya$`)
}

// succession: when the founder leaves, an operator becomes founder, and after them the longest-standing member.
func (s *tale) succession() {
	may, ann, ben := s.may, s.ann, s.ben
	may.types("#thé", "/part #thé back soon")
	may.sees(left, "maya", "#thé")
	ann.sees(`^:maya!\S+ PART #thé :back soon$`)
	ann.sees(`^:irc.test MODE #thé \+oq ben ben$`)
	may.types("", "/join #thé")
	may.sees(entered, "maya", "#thé")
	may.lists("#thé", "~ben", "anna", "maya")
	may.typesVerb("#thé", "GRANT anna")
	may.sees(shown, "You must be the channel's founder")

	ben.send("KICK #thé maya :old times")
	may.sees(thrownOut, "maya", "#thé", "ben", "old times")
	may.types("", "/join #thé")
	may.sees(entered, "maya", "#thé")

	ben.send("QUIT :good night")
	may.sees(quitted, "ben", "Quit: good night")
	may.sees(moded, "irc.test", "#thé", "+oq anna anna")
	may.lists("#thé", "~anna", "maya")
	ann.send("PART #thé :me too")
	may.sees(parted, "anna", "#thé", "me too")
	may.sees(moded, "irc.test", "#thé", "+oq maya maya")
	may.lists("#thé", "~maya")
}

// end: others see why a user quits.
func (s *tale) end() {
	may, ann := s.may, s.ann
	ann.send("JOIN #thé")
	may.sees(joined, "anna", "#thé")
	may.types("#thé", "/quit bonne nuit")
	ann.sees(`^:maya!\S+ QUIT :Quit: bonne nuit$`)
	ann.sees(`^:irc.test MODE #thé \+oq anna anna$`)
}
