package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Backup writes a consistent copy of the database to a new file, while others read and write. The copy has all that was
// kept before, and nothing of what was deleted.
func (s *SQLite) Backup(ctx context.Context, path string) error {
	if err := s.Flush(); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup of the history database: %w", err)
	}
	if err := errors.Join(s.copyTo(ctx, path), f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("backup of the history database to %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// copyTo writes a copy to a file that exists and is empty.
func (s *SQLite) copyTo(ctx context.Context, path string) error {
	source, err := dataSource(s.db.path, commonPragmas)
	if err != nil {
		return err
	}
	connection, err := sql.Open("sqlite", source)
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

// Check examines a database file that no daemon has open: whether SQLite finds its structure right, and whether each
// block can be read. progress, if not nil, is called with the number of blocks so far and of all. It changes nothing.
func Check(ctx context.Context, path string, progress func(blocks, all int)) error {
	if err := inspect(path, os.O_RDONLY); err != nil {
		return err
	}
	source, err := dataSource(path, commonPragmas, readerPragmas)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	err = check(ctx, db, progress)
	if isDamage(err) {
		return damaged(path, err)
	}
	return err
}

// Check examines the database while it is in use.
func (s *SQLite) Check(ctx context.Context, progress func(blocks, all int)) error {
	return s.db.explain(check(ctx, s.db.pool, progress))
}

func check(ctx context.Context, db *sql.DB, progress func(blocks, all int)) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	all, seen := 0, 0
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM blocks").Scan(&all); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, "SELECT id, lines, data FROM blocks")
	return eachRow(rows, err, func(r *sql.Rows) error {
		var id int64
		var count int
		var data sql.RawBytes
		if err := r.Scan(&id, &count, &data); err != nil {
			return err
		}
		lines, err := decodeBlock(nil, data)
		if err == nil && len(lines) != count {
			err = fmt.Errorf("%w: number of lines", errDamaged)
		}
		if err != nil {
			return fmt.Errorf("block %d: %w", id, err)
		}
		if seen++; progress != nil && (seen%1000 == 0 || seen == all) {
			progress(seen, all)
		}
		return nil
	})
}
