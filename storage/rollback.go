package storage

import (
	"database/sql"

	"bavard/state"
)

// rollback deletes the lines of the operations after this one. It looks at every block, which is slow.
func (s *SQLite) rollback(upTo uint64) error {
	s.mu.Lock()
	saved := s.saved
	s.mu.Unlock()
	if upTo >= saved {
		return nil
	}
	type later struct {
		aged
		kind int
	}
	var list []later
	err := s.db.rows(func(r *sql.Rows) error {
		var b later
		var last []byte
		if err := r.Scan(&b.id, &b.buffer, &b.kind, &b.start, &b.lines, &b.bytes, &last); err != nil {
			return err
		}
		if parsePlace(last).Order > upTo {
			list = append(list, b)
		}
		return nil
	}, "SELECT id, buffer, kind, start, lines, length(data), last FROM blocks")
	if err != nil {
		return err
	}
	totals := s.work.bytes
	err = s.db.transaction(func() error {
		for _, b := range list {
			if err := s.rollbackBlock(b.aged, b.kind, upTo); err != nil {
				return err
			}
		}
		return s.writeMeta(upTo, s.savedHorizon)
	})
	if err != nil {
		s.work.bytes = totals
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.kept, s.saved = upTo, upTo
	for v := range s.index.all { // readers may have loaded some
		s.forget(v)
	}
	return nil
}

// rollbackBlock deletes the lines of a block that are after an operation.
func (s *SQLite) rollbackBlock(b aged, kind int, upTo uint64) error {
	var data []byte
	if _, err := s.db.one("SELECT data FROM blocks WHERE id = ?", []any{b.id}, &data); err != nil {
		return err
	}
	lines, err := decodeBlock(nil, data)
	for err == nil && len(lines) > 0 && lines[len(lines)-1].Order > upTo {
		lines = lines[:len(lines)-1]
	}
	d := shed{buffer: b.buffer, kind: kind}
	if err != nil || len(lines) == 0 { // a damaged block may have lines that are too new
		if err := s.deleteBlock(b.block, kind); err != nil {
			return err
		}
	} else {
		d.rest = b.block
		d.rest.lines = len(lines)
		if err := s.rewriteBlock(&d.rest, b.buffer, kind, lines, b.bytes); err != nil {
			return err
		}
	}
	if err := s.afterShed(&d); err != nil || d.gone || kind != messages {
		return err
	}
	return s.relist(b.buffer)
}

// relist puts a conversation into its new place after its latest messages were deleted.
func (s *SQLite) relist(buffer int64) error {
	var key, before, after []byte
	found, err := s.db.one(`SELECT key, last, (SELECT last FROM blocks WHERE buffer = ?1 AND kind = 0 ORDER BY first DESC LIMIT 1)
		FROM buffers WHERE id = ?1 AND last IS NOT NULL`, []any{buffer}, &key, &before, &after)
	if err != nil || !found {
		return err
	}
	b, err := state.ParseBuffer(key)
	if err != nil {
		return err
	}
	if err := s.list(b, buffer, parsePlace(before), parsePlace(after)); err != nil {
		return err
	}
	_, err = s.db.exec("UPDATE buffers SET last = ? WHERE id = ?", after, buffer)
	return err
}
