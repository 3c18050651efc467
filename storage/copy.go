package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
)

// Progress is called from time to time during a long task, with how much of it is done and how much there is in total.
type Progress func(done, all int)

// copyPages is the number of pages that are copied in one step: about 4 MiB.
const copyPages = 1000

// Backup is Copy for a database that this process has open. The copy has everything that Keep was given before the
// call.
func (s *SQLite) Backup(ctx context.Context, to string, held func(upTo uint64) error, progress Progress) error {
	if err := s.Flush(); err != nil {
		return err
	}
	return copyDatabase(ctx, s.db.path, to, held, progress)
}

// Copy writes a consistent copy of a database to a new file. A different process may use the database meanwhile. held,
// if not nil, is called as soon as the content of the copy is fixed: everything up to the operation upTo, and nothing
// after it. Whatever the caller then finds in the journal is at least as new. progress may be nil.
func Copy(ctx context.Context, from, to string, held func(upTo uint64) error, progress Progress) error {
	if err := inspect(from, os.O_RDONLY); err != nil {
		return err
	}
	return copyDatabase(ctx, from, to, held, progress)
}

func copyDatabase(ctx context.Context, from, to string, held func(upTo uint64) error, progress Progress) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy of the history database: %w", err)
	}
	err = withReader(from, func(db *sql.DB) error {
		return inTransaction(ctx, db, func(c *sql.Conn, upTo uint64) error {
			if held != nil {
				if err := held(upTo); err != nil {
					return err
				}
			}
			return c.Raw(func(driver any) error { return copyTo(ctx, driver, to, progress) })
		})
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy of the history database: %w", err), os.Remove(to))
	}
	return nil
}

// inTransaction calls do in a transaction that only reads. Everything in it is read as it was at one moment, when the
// database was complete up to the operation upTo.
func inTransaction(ctx context.Context, db *sql.DB, do func(c *sql.Conn, upTo uint64) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "BEGIN DEFERRED"); err != nil {
		return err
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") // nothing was changed
	var upTo uint64
	if err := c.QueryRowContext(ctx, "SELECT up_to FROM meta").Scan(&upTo); err != nil {
		return err
	}
	return do(c, upTo)
}

// copyTo copies all pages with SQLite's own interface for backups, in the transaction of the connection.
// https://www.sqlite.org/backup.html
func copyTo(ctx context.Context, driver any, to string, progress Progress) error {
	source, err := dataSource(to, nil)
	if err != nil {
		return err
	}
	b, err := driver.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	}).NewBackup(source)
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if err = ctx.Err(); err != nil {
			break
		}
		if more, err = b.Step(copyPages); err == nil && progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
	}
	return errors.Join(err, b.Finish())
}
