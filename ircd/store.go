package main

import (
	"log/slog"
	"path/filepath"

	"bavard/commands"
	"bavard/config"
	"bavard/order/journal"
	"bavard/storage"
)

// store is what lasts, in the daemon's own folder. Without a folder nothing does.
type store struct {
	folder  string
	journal *journal.Journal // nil without a folder
	history commands.History
}

// journalFolder is the part of the daemon's own folder for the journal and the snapshots.
const journalFolder = "journal"

// openStore opens what lasts. changed is called when the disk begins to fail, and with nil when it works again.
func openStore(cfg *config.Config, log *slog.Logger, changed func(error)) (*store, error) {
	s := &store{folder: cfg.Storage.Path, history: storage.NewMemory(cfg.History.Bounds())}
	if s.folder == "" {
		return s, nil
	}
	sync := journal.Interval
	if cfg.Storage.Sync == config.SyncAlways {
		sync = journal.Always
	}
	var err error
	s.journal, err = journal.Open(filepath.Join(s.folder, journalFolder), journal.Options{Sync: sync, Log: log, Changed: changed})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// aside keeps something for a bug report.
func (s *store) aside(name string, content []byte) error {
	if s.folder == "" {
		return nil
	}
	return writeNew(filepath.Join(s.folder, name), content, 0o600)
}

// close closes what the server has not closed.
func (s *store) close() error { return nil }
