package storage

import (
	"bytes"
	"cmp"
	"database/sql"
	"slices"

	"bavard/state"
)

const (
	talkColumns = `SELECT b.key, t.last, b.nick0, b.nick1, coalesce(p.nick, '')
		FROM talks t JOIN buffers b ON b.id = t.buffer LEFT JOIN people p ON p.party = t.peer
		WHERE t.party = ? AND t.last > ? AND t.last < ? ORDER BY t.last `
	queryTalksBack   = talkColumns + "DESC LIMIT ?"
	queryTalksOnward = talkColumns + "LIMIT ?"
	queryNick        = "SELECT nick FROM people WHERE party = ?"
)

// conversation is a conversation in the list of one of its parties.
type conversation struct {
	state.Conversation
	at state.Position
}

// Conversations returns a party's conversations whose latest message is between the two positions, ordered by these
// messages. If there are more than most, it leaves out the oldest if newest is set, and otherwise the newest.
func (s *SQLite) Conversations(of state.Party, after, before state.Position, most int, newest bool) ([]state.Conversation, error) {
	if most <= 0 {
		return nil, nil
	}
	for {
		epoch := s.currentEpoch()
		out, err := s.conversations(of, after, before, most, newest)
		// If a transaction ended meanwhile, what waited before and what the database had do not match.
		if err != nil || s.currentEpoch() == epoch {
			return out, s.db.explain(err)
		}
	}
}

func (s *SQLite) currentEpoch() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

func (s *SQLite) conversations(of state.Party, after, before state.Position, most int, newest bool) (out []state.Conversation, err error) {
	list, err := s.talks(of, after, before, most, newest)
	for _, t := range list {
		if t.Nick, err = s.currentNick(t, t.Buffer.Peer(of)); err != nil {
			return nil, err
		}
		out = append(out, t.Conversation)
	}
	return out, err
}

// currentNick returns the current nick of the other party of a conversation. For a party that has no conversations in
// its own list, it is the nick in this conversation.
func (s *SQLite) currentNick(t conversation, peer state.Party) (nick string, err error) {
	if t.Buffer.OneSided() { // otherwise the peer has at least this conversation
		peers, err := s.talks(peer, state.Position{}, state.Position{}, 1, true)
		if err != nil || len(peers) == 0 {
			return t.Was, err
		}
	}
	s.mu.Lock()
	nick = cmp.Or(s.nicks[peer], s.nicksInFlight[peer], t.Nick)
	s.mu.Unlock()
	if nick == "" {
		err = s.db.read(func(r *sql.Rows) error { return r.Scan(&nick) }, queryNick, peer.Key())
	}
	return cmp.Or(nick, t.Was), err
}

// talks returns a party's conversations: those in the database, with the changes that wait for the writer.
func (s *SQLite) talks(of state.Party, after, before state.Position, most int, newest bool) ([]conversation, error) {
	changed, err := s.changedTalks(of)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	after, none := s.shown(after), s.limits.most[messages] <= 0
	allGone := s.allGone > 0
	s.mu.Unlock()
	if none {
		return nil, nil
	}
	if before.IsZero() {
		before = afterAll
	}
	var list []conversation
	if !allGone {
		if list, err = s.db.readTalks(of, after, before, most+len(changed), newest); err != nil {
			return nil, err
		}
	}
	list = slices.DeleteFunc(list, func(t conversation) bool { _, is := changed[t.Buffer]; return is })
	for _, t := range changed {
		if t.at.Compare(after) > 0 && t.at.Compare(before) < 0 {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b conversation) int {
		return cmp.Or(a.at.Compare(b.at), bytes.Compare(a.Buffer.Key(), b.Buffer.Key()))
	})
	if len(list) > most && newest {
		list = list[len(list)-most:]
	}
	return list[:min(len(list), most)], nil
}

// changedTalks returns the conversations of a party that differ from what the database has. Those that are no longer in
// the party's list have a zero position.
func (s *SQLite) changedTalks(of state.Party) (map[state.Buffer]conversation, error) {
	s.mu.Lock()
	var keys []state.Buffer
	for _, list := range [...][]*live{s.dirty, s.inFlight} {
		for _, v := range list {
			if v.key.Holds(of) {
				keys = append(keys, v.key)
			}
		}
	}
	s.mu.Unlock()
	changed := map[state.Buffer]conversation{}
	for _, key := range keys {
		v, err := s.acquire(key)
		if err != nil {
			return nil, err
		}
		t := conversation{Conversation: state.Conversation{Buffer: key}}
		if v != nil {
			t.at = s.lastMessage(v)
			t.Last, t.Was = t.at.Elapsed, v.nicks[peerSide(key, of)]
		}
		s.mu.Unlock()
		changed[key] = t
	}
	return changed, nil
}

// peerSide returns the index of the other party of a conversation.
func peerSide(key state.Buffer, of state.Party) int {
	if key.Parties()[0] == of {
		return 1
	}
	return 0
}

func (db *database) readTalks(of state.Party, after, before state.Position, most int, newest bool) (list []conversation, err error) {
	text := queryTalksOnward
	if newest {
		text = queryTalksBack
	}
	err = db.read(func(r *sql.Rows) error {
		var key, last []byte
		var nicks [2]string
		var t conversation
		if err := r.Scan(&key, &last, &nicks[0], &nicks[1], &t.Nick); err != nil {
			return err
		}
		var err error
		if t.Buffer, err = state.ParseBuffer(key); err != nil {
			return err
		}
		t.at = parsePlace(last)
		t.Last, t.Was = t.at.Elapsed, nicks[peerSide(t.Buffer, of)]
		list = append(list, t)
		return nil
	}, text, of.Key(), placeKey(after), placeKey(before), most)
	return list, err
}
