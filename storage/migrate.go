package storage

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// schemaFiles has the migrations, in the order of their names. A migration that has been released never changes.
//
//go:embed schema/*.sql
var schemaFiles embed.FS

// applicationID marks the file as Bavard's: "BVRD".
const applicationID = 0x42565244

// errVersion is wrapped by the errors of files that this program must not touch.
var errVersion = errors.New("history database not usable")

// migrations returns the scripts. The number of scripts is the version of the schema.
func migrations() []string {
	entries, err := schemaFiles.ReadDir("schema")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var scripts []string
	for _, e := range entries {
		script, err := schemaFiles.ReadFile("schema/" + e.Name())
		if err != nil {
			panic(err)
		}
		scripts = append(scripts, string(script))
	}
	return scripts
}

// checkVersion refuses a file of a newer version or of a different program.
func checkVersion(path string, version, application int) error {
	switch known := len(migrations()); {
	case application != applicationID && (version != 0 || application != 0):
		return fmt.Errorf("%w: %s belongs to a different program; choose a different folder", errVersion, path)
	case version > known:
		return fmt.Errorf("%w: %s was written by a newer version of Bavard (format %d, this one knows up to %d); install that version, or restore a backup", errVersion, path, version, known)
	}
	return nil
}

// migrate brings the file to the current version, one migration at a time, each in a transaction.
func (db *database) migrate(scripts []string) error {
	ctx := context.Background()
	var version, application int
	if err := db.connection.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := db.connection.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return err
	}
	if err := checkVersion(db.path, version, application); err != nil {
		return err // the header in the file may be older than the one in the WAL
	}
	if version >= len(scripts) {
		return nil
	}
	for i, script := range scripts[version:] {
		script = fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", script, applicationID, version+i+1)
		if _, err := db.connection.ExecContext(ctx, script); err != nil {
			_, _ = db.connection.ExecContext(ctx, "ROLLBACK")
			return fmt.Errorf("migration to format %d: %w", version+i+1, err)
		}
	}
	// This way, the header in the file shows the new version to an older program.
	_, err := db.connection.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// isDamage reports whether an error of SQLite means that the file is damaged.
func isDamage(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return errors.Is(err, errDamaged)
	}
	code := e.Code() & 0xff // the other bits are details
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}
