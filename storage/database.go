package storage

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"bavard/state"
)

// The settings of all connections, with their reasons:
//
// A different process (the doctor, the sqlite3 shell) can hold the lock for a moment, so a query waits for busy_timeout
// milliseconds; if that is not enough, the writer tries again later. Our schema has no views or triggers that call
// functions, so trusted_schema can be off. cell_size_check recognizes damaged pages before they are used. There is no
// memory map, because a read error would then be a signal that ends the process. cache_size is in KiB, for each
// connection.
var (
	commonPragmas = []string{"busy_timeout(1000)", "trusted_schema(0)", "cell_size_check(1)", "mmap_size(0)", "temp_store(memory)"}

	// auto_vacuum takes effect only when the file is created: free pages can later be given back to the file system. WAL:
	// readers and the writer do not wait for each other. FULL: a transaction is on the disk when it ends, so that the
	// journal need not keep what the database has; that happens every few seconds, and nobody waits for it. secure_delete
	// overwrites deleted data with zeros. The WAL is transferred into the database when it has 4 MiB (1000 pages), and its
	// file is shortened again if it was larger. Pages have 4 KiB, SQLite's default: with 8 or 16 KiB, each message cost
	// more, because a transaction writes whole pages.
	writerPragmas = []string{
		"auto_vacuum(2)", "journal_mode(wal)", "synchronous(full)", "secure_delete(1)",
		"wal_autocheckpoint(1000)", "journal_size_limit(4194304)", "cache_size(-8192)",
	}
	readerPragmas = []string{"query_only(1)", "cache_size(-2048)"}
)

// mostReaders bounds the number of connections that read at the same time.
const mostReaders = 4

// database is the file with its connections.
type database struct {
	path string
	// pool is for readers.
	pool *sql.DB
	// writer is a pool with one connection, connection, which only the writer uses.
	writer     *sql.DB
	connection *sql.Conn
	// writing and reading have the prepared statements by their text. reading does not change after the start.
	writing, reading map[string]*sql.Stmt
}

// openDatabase opens or creates the file, and brings it to the current version.
func openDatabase(path string) (*database, error) {
	if err := inspect(path, os.O_RDWR|os.O_CREATE); err != nil {
		return nil, err
	}
	db := &database{path: path, writing: map[string]*sql.Stmt{}, reading: map[string]*sql.Stmt{}}
	if err := db.open(); err != nil {
		db.close()
		return nil, db.explain(err)
	}
	return db, nil
}

// inspect checks the first bytes of the file, before SQLite may change anything in it. With the flag, it creates a
// missing file, which nobody else can read.
func inspect(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return fmt.Errorf("the history database cannot be opened: %w", err)
	}
	defer f.Close()
	var header [100]byte // https://www.sqlite.org/fileformat2.html#the_database_header
	n, err := io.ReadFull(f, header[:])
	switch {
	case errors.Is(err, io.EOF):
		return nil // a new file
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the history database cannot be read: %w", err)
	case n < len(header) || string(header[:16]) != "SQLite format 3\x00":
		return damaged(path, errors.New("it is not a SQLite database"))
	}
	return checkVersion(path, int(binary.BigEndian.Uint32(header[60:])), int(int32(binary.BigEndian.Uint32(header[68:]))))
}

// damaged is the error for a file that cannot be used as it is.
func damaged(path string, why error) error {
	return fmt.Errorf("the history database %s is damaged (%w)"+seeDoctor, path, why)
}

// explain adds the file's name to an error.
func (db *database) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, errVersion):
		return err
	case isDamage(err):
		return damaged(db.path, err)
	}
	return fmt.Errorf("history database %s: %w", db.path, err)
}

// dataSource returns the name by which the driver opens the file.
func dataSource(path string, pragmas ...[]string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	for _, list := range pragmas {
		for _, p := range list {
			query.Add("_pragma", p)
		}
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: query.Encode()}
	return name.String(), nil
}

func (db *database) open() error {
	if err := db.openWriter(); err != nil {
		return err
	}
	if err := db.migrate(migrations()); err != nil {
		return err
	}
	if err := db.openPool(); err != nil {
		return err
	}
	return db.prepareReaders()
}

// openPool opens the connections for readers.
func (db *database) openPool() error {
	source, err := dataSource(db.path, commonPragmas, readerPragmas)
	if err != nil {
		return err
	}
	if db.pool, err = sql.Open("sqlite", source); err != nil {
		return err
	}
	db.pool.SetMaxOpenConns(mostReaders)
	db.pool.SetMaxIdleConns(mostReaders)
	return nil
}

func (db *database) prepareReaders() (err error) {
	for _, text := range queries {
		if db.reading[text], err = db.pool.Prepare(text); err != nil {
			return err
		}
	}
	return nil
}

func (db *database) openWriter() error {
	source, err := dataSource(db.path, commonPragmas, writerPragmas)
	if err != nil {
		return err
	}
	if db.writer, err = sql.Open("sqlite", source); err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	db.connection, err = db.writer.Conn(context.Background())
	return err
}

// close closes all connections.
func (db *database) close() error {
	var errs []error
	for _, statements := range []map[string]*sql.Stmt{db.writing, db.reading} {
		for _, s := range statements {
			if s != nil {
				errs = append(errs, s.Close())
			}
		}
	}
	if db.pool != nil {
		errs = append(errs, db.pool.Close())
	}
	if db.connection != nil {
		errs = append(errs, db.connection.Close())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.Close())
	}
	return errors.Join(errs...)
}

// statement returns a prepared statement of the writer.
func (db *database) statement(text string) (*sql.Stmt, error) {
	if s := db.writing[text]; s != nil {
		return s, nil
	}
	s, err := db.connection.PrepareContext(context.Background(), text)
	if err == nil {
		db.writing[text] = s
	}
	return s, err
}

// exec executes a statement on the writer's connection.
func (db *database) exec(text string, args ...any) (sql.Result, error) {
	s, err := db.statement(text)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// rows calls row for each row of a query on the writer's connection.
func (db *database) rows(row func(*sql.Rows) error, text string, args ...any) error {
	s, err := db.statement(text)
	if err != nil {
		return err
	}
	rows, err := s.Query(args...)
	return eachRow(rows, err, row)
}

// one reads the only row of a query on the writer's connection. found is false if there is none.
func (db *database) one(text string, args []any, into ...any) (found bool, err error) {
	s, err := db.statement(text)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

var errEnough = errors.New("enough rows")

// eachRow calls row for each row of a result, until it returns an error. errEnough ends the loop without an error.
func eachRow(rows *sql.Rows, err error, row func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return err
		}
	}
	return rows.Err()
}

// transaction runs do in a transaction on the writer's connection, and rolls it back if do fails.
func (db *database) transaction(do func() error) (err error) {
	if _, err := db.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		problem := recover()
		if problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
		if err != nil {
			_, _ = db.exec("ROLLBACK") // fails if SQLite has rolled back already
		}
	}()
	if err := do(); err != nil {
		return err
	}
	_, err = db.exec("COMMIT")
	return err
}

// placeKey encodes a position so that the keys sort like the positions.
func placeKey(p state.Position) []byte {
	key := make([]byte, 0, 18)
	key = binary.BigEndian.AppendUint64(key, uint64(p.Elapsed)^1<<63)
	key = binary.BigEndian.AppendUint64(key, p.Order)
	return binary.BigEndian.AppendUint16(key, p.Index)
}

// parsePlace decodes what placeKey has encoded. NULL is the zero position.
func parsePlace(key []byte) (p state.Position) {
	if len(key) == 18 {
		p.Elapsed = int64(binary.BigEndian.Uint64(key) ^ 1<<63)
		p.Order = binary.BigEndian.Uint64(key[8:])
		p.Index = binary.BigEndian.Uint16(key[16:])
	}
	return p
}
