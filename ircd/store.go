package main

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"

	"bavard/commands"
	"bavard/config"
	"bavard/order/journal"
	"bavard/storage"
)

// The names in the daemon's own folder: the journal with the snapshots, and the database with the history.
const (
	journalFolder = "journal"
	databaseFile  = "bavard.db"
)

// store is what the daemon keeps in its own folder. Without a folder, it is in memory only.
type store struct {
	folder  string
	journal *journal.Journal // nil without a folder
	history commands.History
	// trouble is the reason why the history cannot be written.
	trouble atomic.Pointer[error]
	// closeHistory closes the history.
	closeHistory func() error
}

// openStore opens the journal and the history. The functions are called with an error when one of them cannot be
// written any more, and with nil when it is written again.
func openStore(cfg *config.Config, log *slog.Logger, journalChanged, historyChanged func(error)) (*store, error) {
	s := &store{folder: cfg.Storage.Path}
	messages, events, bytes := cfg.History.Bounds(s.folder != "")
	if s.folder == "" {
		history := storage.Volatile{Memory: storage.NewMemory(messages, events, bytes)}
		s.history, s.closeHistory = history, history.Close
		return s, nil
	}
	sync := journal.Interval
	if cfg.Storage.Sync == config.SyncAlways {
		sync = journal.Always
	}
	var err error
	s.journal, err = journal.Open(filepath.Join(s.folder, journalFolder), journal.Options{Sync: sync, Log: log, Changed: journalChanged})
	if err != nil {
		return nil, err
	}
	var history *storage.SQLite
	history, err = storage.Open(storage.Options{
		Path: filepath.Join(s.folder, databaseFile), MostMessages: messages, MostEvents: events, MostBytes: bytes, CacheBytes: int(cfg.History.TotalSize),
		Journaled: func(uint64) error { return s.journal.Sync() },
		Changed: func(err error) {
			s.trouble.Store(&err)
			if err == nil {
				history.Resume()
			}
			historyChanged(err)
		},
	})
	if err != nil {
		return nil, errors.Join(err, s.journal.Close())
	}
	s.history, s.closeHistory = history, history.Close
	return s, nil
}

// historyTrouble returns the reason why the history cannot be written at present, or nil.
func (s *store) historyTrouble() error {
	if err := s.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// aside writes a file for a bug report.
func (s *store) aside(name string, content []byte) error {
	if s.folder == "" {
		return nil
	}
	return writeNew(filepath.Join(s.folder, name), content, 0o600)
}

// close closes the history, which the server no longer needs. It must be called before the journal is closed.
func (s *store) close() error { return s.closeHistory() }

// abandon closes everything after a failed start, and changes nothing in the folder.
func (s *store) abandon() error {
	history, lasts := s.history.(*storage.SQLite)
	if !lasts {
		return s.close()
	}
	return errors.Join(history.Abandon(), s.journal.Close())
}
