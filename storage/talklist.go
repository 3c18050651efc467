package storage

import "bavard/state"

// storeTalk puts a conversation into its place in the lists of its parties.
func (s *SQLite) storeTalk(c *change) error {
	newest := c.newest
	if newest.IsZero() {
		newest = c.last
	}
	if newest == c.last && !c.nicksChanged {
		return nil
	}
	if newest != c.last {
		if err := s.list(c.key, c.id, c.last, newest); err != nil {
			return err
		}
		c.last = newest
	}
	var last []byte
	if !newest.IsZero() {
		last = placeKey(newest)
	}
	_, err := s.db.exec("UPDATE buffers SET last = ?, nick0 = ?, nick1 = ? WHERE id = ?", last, c.nicks[0], c.nicks[1], c.id)
	return err
}

// list moves a conversation from one place to a different one in the lists of its parties. The zero place means that it
// is not in the lists.
func (s *SQLite) list(key state.Buffer, buffer int64, from, to state.Position) error {
	for side, party := range key.Parties() {
		if !isListed(key, side) {
			continue
		}
		if !from.IsZero() {
			if _, err := s.db.exec("DELETE FROM talks WHERE party = ? AND last = ? AND buffer = ?", party.Key(), placeKey(from), buffer); err != nil {
				return err
			}
		}
		if !to.IsZero() {
			_, err := s.db.exec("INSERT INTO talks VALUES (?, ?, ?, ?)", party.Key(), placeKey(to), buffer, key.Peer(party).Key())
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// unlist removes a conversation from the lists of its parties, and the nicks of parties that have no other
// conversation.
func (s *SQLite) unlist(key state.Buffer, buffer int64, last state.Position) error {
	if err := s.list(key, buffer, last, state.Position{}); err != nil {
		return err
	}
	for _, party := range key.Parties() {
		_, err := s.db.exec("DELETE FROM people WHERE party = ?1 AND NOT EXISTS (SELECT 1 FROM talks WHERE party = ?1)", party.Key())
		if err != nil {
			return err
		}
	}
	return nil
}

// dropBuffer deletes a buffer. Its blocks are deleted later, in steps.
func (s *SQLite) dropBuffer(key state.Buffer) error {
	var id int64
	var last []byte
	found, err := s.db.one("SELECT id, last FROM buffers WHERE key = ?", []any{key.Key()}, &id, &last)
	if err != nil || !found {
		return err
	}
	s.work.doomed = true
	if _, err := s.db.exec("INSERT INTO doomed VALUES (?)", id); err != nil {
		return err
	}
	return s.deleteRow(key, id, parsePlace(last))
}

// deleteRow deletes the row of a buffer.
func (s *SQLite) deleteRow(key state.Buffer, id int64, last state.Position) error {
	if _, err := s.db.exec("DELETE FROM buffers WHERE id = ?", id); err != nil || key.Channel() != 0 {
		return err
	}
	return s.unlist(key, id, last)
}

// dropTalks deletes all private conversations. Their blocks are deleted later, in steps.
func (s *SQLite) dropTalks() error {
	s.work.doomed = true
	for _, text := range [...]string{ // the keys of channels begin with 1
		"INSERT INTO doomed SELECT id FROM buffers WHERE key >= x'02'",
		"DELETE FROM buffers WHERE key >= x'02'",
		"DELETE FROM talks",
		"DELETE FROM people",
	} {
		if _, err := s.db.exec(text); err != nil {
			return err
		}
	}
	return nil
}

// isListed reports whether a party has a conversation in its list. A party that writes to itself has it only once.
func isListed(key state.Buffer, side int) bool {
	parties := key.Parties()
	return key.Holds(parties[side]) && (side == 0 || parties[0] != parties[1])
}
