package storage

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"bavard/state"
)

// OpenForReading opens the history of a daemon that does not run, with the limits that the daemon had. It changes
// nothing in the file. Keep, Flush and other methods that would change it do nothing or fail.
func OpenForReading(path string) (*SQLite, error) {
	if err := inspect(path, os.O_RDONLY); err != nil {
		return nil, err
	}
	db := &database{path: path, reading: map[string]*sql.Stmt{}}
	s := newSQLite(Options{Path: path, CacheBytes: 1 << 20}, db)
	close(s.stopped) // there is no writer
	s.closed = true
	if err := s.openForReading(); err != nil {
		db.close()
		return nil, db.explain(err)
	}
	return s, nil
}

func (s *SQLite) openForReading() error {
	if err := s.db.openPool(); err != nil {
		return err
	}
	var version int
	if err := s.db.pool.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if known := len(migrations()); version != known {
		return fmt.Errorf("%w: %s has format %d instead of %d; start the daemon of this version once", errVersion, s.db.path, version, known)
	}
	if err := s.db.prepareReaders(); err != nil {
		return err
	}
	err := s.readMeta()
	s.limits.most = s.work.swept
	return err
}

// Walk calls yield with all lines that can be shown, buffer by buffer, in pages. The lines of a buffer are in ascending
// order. Walk returns the first error of yield.
func (s *SQLite) Walk(ctx context.Context, yield func(of state.Buffer, lines []state.Line) error) error {
	if s.db.connection != nil {
		if err := s.Flush(); err != nil {
			return err
		}
	}
	const atOnce = 500
	for id := int64(0); ; {
		var keys []state.Buffer
		rows, err := s.db.pool.QueryContext(ctx, "SELECT id, key FROM buffers WHERE id > ? ORDER BY id LIMIT ?", id, atOnce)
		err = eachRow(rows, err, func(r *sql.Rows) error {
			var key []byte
			if err := r.Scan(&id, &key); err != nil {
				return err
			}
			b, err := state.ParseBuffer(key)
			keys = append(keys, b)
			return err
		})
		if err != nil || len(keys) == 0 {
			return s.db.explain(err)
		}
		for _, b := range keys {
			q := state.Page{Most: atOnce, Events: true, Redacted: true}
			for lines, err := s.Page(b, q); len(lines) > 0 || err != nil; lines, err = s.Page(b, q) {
				if err == nil {
					err = ctx.Err()
				}
				if err == nil {
					err = yield(b, lines)
				}
				if err != nil {
					return err
				}
				q.After = lines[len(lines)-1].Position
			}
		}
	}
}
