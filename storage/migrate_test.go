package storage

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bavard/state"
)

// schemaOf returns what the schema of a database consists of.
func schemaOf(t *testing.T, s *SQLite) (list []string) {
	rows, err := s.db.pool.Query("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var sql string
		require.NoError(t, rows.Scan(&sql))
		list = append(list, sql)
	}
	require.NoError(t, rows.Err())
	return list
}

// TestMigrations checks that each version of the schema becomes the current one.
func TestMigrations(t *testing.T) {
	current := schemaOf(t, openAt(t, filepath.Join(t.TempDir(), "bavard.db")))
	scripts := migrations()
	for version := range scripts {
		path := filepath.Join(t.TempDir(), "bavard.db")
		if version > 0 {
			db := &database{path: path}
			require.NoError(t, db.openWriter())
			require.NoError(t, db.migrate(scripts[:version]))
			require.NoError(t, db.close())
		}
		s := openAt(t, path)
		require.Equal(t, current, schemaOf(t, s), "from version %d", version)
		talkIn(s, one, 1, 3)
		require.NoError(t, s.Close())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, uint32(len(scripts)), binary.BigEndian.Uint32(data[60:]))
	}
}

// TestMigrationThatFails checks that a migration is done as a whole or not at all.
func TestMigrationThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bavard.db")
	scripts := append(migrations(), "CREATE TABLE more (x); INSERT INTO nothing VALUES (1)")
	db := &database{path: path}
	require.NoError(t, db.openWriter())
	require.ErrorContains(t, db.migrate(scripts), "migration to format 2")
	require.NoError(t, db.close())
	s := openAt(t, path)
	require.NotContains(t, schemaOf(t, s), "CREATE TABLE more (x)")
}

// goldenRecords has the content of the databases in testdata.
func goldenRecords() []state.Record {
	pair := state.PairBuffer(alice, bob)
	records := []state.Record{inBuffer(private(1, alice, "alice!a@a", "bob"), pair), inBuffer(private(2, bob, "bob!b@b", "alice"), pair)}
	for _, l := range everyLine() {
		l.Elapsed, l.Order = l.Elapsed+at(10).Elapsed, l.Order+10
		records = append(records, inBuffer(&l, one))
	}
	return records
}

// TestGoldenDatabases checks that the databases of all earlier versions can be read and written.
func TestGoldenDatabases(t *testing.T) {
	newest := filepath.Join("testdata", "history-1.db")
	if *update {
		path := filepath.Join(t.TempDir(), "bavard.db")
		s := openAt(t, path)
		s.Keep(goldenRecords(), 1<<61)
		require.NoError(t, s.Close())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(newest, data, 0o644))
	}
	files, err := filepath.Glob(filepath.Join("testdata", "history-*.db"))
	require.NoError(t, err)
	require.Len(t, files, len(migrations()))
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "bavard.db")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		s := openAt(t, path)
		memory := Volatile{NewMemory(100, 100, 1<<20)}
		memory.Keep(goldenRecords(), 0)
		require.Equal(t, uint64(1)<<61, s.UpTo())
		require.Equal(t, pageOf(t, memory, one, 100), pageOf(t, s, one, 100))
		want, _ := memory.Conversations(bob, state.Position{}, state.Position{}, 10, true)
		got, err := s.Conversations(bob, state.Position{}, state.Position{}, 10, true)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// TestRefusedFiles checks that a file that cannot be used is refused with one line that names it, and is not changed.
func TestRefusedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.db")
	s := openAt(t, path)
	talkIn(s, one, 1, 3000)
	require.NoError(t, s.Close())
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := func(offset int, to byte) []byte {
		data := append([]byte(nil), good...)
		data[offset] = to
		return data
	}
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"newer":             {changed(63, 99), "newer version of Bavard (format 99"},
		"different program": {changed(68, 0), "different program"},
		"text":              {[]byte("hello, this is not a database at all, and long enough to be taken for one: " + string(make([]byte, 100))), "not a SQLite database"},
		"short":             {good[:50], "bavard doctor"},
		"truncated":         {good[:len(good)/2], "bavard doctor"},
		"only a header":     {good[:100], "bavard doctor"},
		"overwritten":       {append(append([]byte(nil), good[:100]...), make([]byte, len(good)-100)...), "bavard doctor"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bavard.db")
			require.NoError(t, os.WriteFile(path, c.data, 0o600))
			_, err := Open(Options{Path: path})
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), "\n")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, c.data, after, "it is not changed")
			_, err = Check(context.Background(), path, nil)
			require.ErrorContains(t, err, path)
		})
	}
	_, err = Open(Options{Path: filepath.Join(t.TempDir(), "missing", "bavard.db")})
	require.ErrorContains(t, err, "no such file")
	_, err = Check(context.Background(), filepath.Join(t.TempDir(), "bavard.db"), nil)
	require.ErrorContains(t, err, "no such file")
}

// TestANewerWAL checks the version again after the WAL has been read, because it can be newer than the file's header.
func TestANewerWAL(t *testing.T) {
	folder, crashed := t.TempDir(), t.TempDir()
	s := openAt(t, filepath.Join(folder, "bavard.db"))
	pragma(t, s, "PRAGMA user_version = 7")
	for _, name := range []string{"bavard.db", "bavard.db-wal"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(crashed, name), data, 0o600))
	}
	_, err := Open(Options{Path: filepath.Join(crashed, "bavard.db")})
	require.ErrorContains(t, err, "format 7")
}
