package commands

import (
	"strings"
	"sync"

	"bavard/state"
)

// messageIDs are the ids that many connections have been told of: the same message has the same one for all.
type messageIDs struct {
	// mu is where the judges of all connections meet.
	mu sync.Mutex
	// said is what each id stands for, and of those texts that are unique, the id.
	said, unique map[string]string
}

func newMessageIDs() *messageIDs {
	return &messageIDs{said: map[string]string{}, unique: map[string]string{}}
}

// mostMessageIDs bounds a long soak.
const mostMessageIDs = 200_000

// uniqueText begins a text that is said once only.
const uniqueText = "once:"

// compare: an id is that of one text, and a text that is said once has one id.
func (x *messageIDs) compare(j *judge, id string, m *told) {
	what := m.from
	message := m.verb == "PRIVMSG" || m.verb == "NOTICE" || m.verb == "TAGMSG"
	if message {
		if !state.IsChannelName(m.param(0)) {
			what = "" // history shows private messages under the names that there are now
		}
		what += " " + m.verb + " " + m.param(1)
	} else if m.verb == "BATCH" {
		return // of a message whose lines have no id
	}
	if m.param(1) == redactedText {
		return // what has been taken back has its id still
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.said) > mostMessageIDs {
		clear(x.said)
		clear(x.unique)
	}
	if before, known := x.said[id]; known && before != what {
		j.blame("%s: the id of %q is that of %q", j.nick, what, before)
	}
	x.said[id] = what
	if message && strings.HasPrefix(m.param(1), uniqueText) {
		if before, known := x.unique[what]; known && before != id {
			j.blame("%s: %q has the ids %s and %s", j.nick, what, before, id)
		}
		x.unique[what] = id
	}
}
