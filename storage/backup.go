package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Check examines a database file: whether SQLite finds its structure correct, and whether each block can be read. It
// returns the operation up to which the database is complete. progress, if not nil, is called with the number of blocks
// that have been read and the number of all blocks. A different process may use the file. Check changes nothing.
func Check(ctx context.Context, path string, progress Progress) (upTo uint64, err error) {
	if err := inspect(path, os.O_RDONLY); err != nil {
		return 0, err
	}
	err = withReader(path, func(db *sql.DB) error {
		return inTransaction(ctx, db, func(c *sql.Conn, at uint64) error {
			upTo = at
			return check(ctx, c, progress)
		})
	})
	return upTo, err
}

// withReader calls do with a read-only connection to a file. This process need not have it open.
func withReader(path string, do func(db *sql.DB) error) error {
	source, err := dataSource(path, commonPragmas, readerPragmas)
	if err != nil {
		return err
	}
	// If there is no -wal file, nobody has the database open. SQLite is then told that nobody will open it either, because
	// it would create that file otherwise. https://www.sqlite.org/uri.html#uriimmutable
	mode, alone := "&mode=ro", !inUse(path)
	if alone {
		mode = "&immutable=1"
	}
	db, err := sql.Open("sqlite", source+mode)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	err = do(db)
	switch {
	case alone && inUse(path):
		return errors.New("the history database was opened meanwhile; try again")
	case isDamage(err):
		return damaged(path, err)
	}
	return err
}

// inUse reports whether somebody has the database open, or had it open and could not close it.
func inUse(path string) bool {
	_, err := os.Stat(path + "-wal")
	return !errors.Is(err, os.ErrNotExist)
}

// Check examines the database while it is in use.
func (s *SQLite) Check(ctx context.Context, progress Progress) error {
	return s.db.explain(check(ctx, s.db.pool, progress))
}

// querier is a connection or a pool of them.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

func check(ctx context.Context, db querier, progress Progress) error {
	if err := quickCheck(ctx, db); err != nil {
		return err
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
			return fmt.Errorf("%w %d: %w", errBlock, id, err)
		}
		if seen++; progress != nil && (seen%1000 == 0 || seen == all) {
			progress(seen, all)
		}
		return nil
	})
}

// CheckStructure is the part of Check that does not read the blocks. A copy with a damaged block is still useful,
// because the rest of the history can be read.
func CheckStructure(ctx context.Context, path string) (upTo uint64, err error) {
	if err := inspect(path, os.O_RDONLY); err != nil {
		return 0, err
	}
	err = withReader(path, func(db *sql.DB) error {
		return inTransaction(ctx, db, func(c *sql.Conn, at uint64) error {
			upTo = at
			return quickCheck(ctx, c)
		})
	})
	return upTo, err
}

// errBlock is wrapped by the errors of blocks that cannot be read.
var errBlock = errors.New("block")

func quickCheck(ctx context.Context, db querier) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}
