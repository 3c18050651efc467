package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"bavard/accounts"
	"bavard/commands"
	"bavard/config"
	"bavard/order"
	"bavard/order/journal"
	"bavard/transport"
)

// ircEngine is the engine that serves connections with package commands.
type ircEngine struct {
	server  *commands.Server
	store   *store
	backups *backups
}

// newEngine returns the daemon's engine, and loads what earlier lives have left.
func newEngine(p parts) (engine, error) {
	e := &ircEngine{}
	e.backups = newBackups(e, p)
	var err error
	if e.store, err = openStore(p.config, p.log, e.journalChanged, e.historyChanged); err != nil {
		return nil, err
	}
	o := commands.Options{
		Config:         p.config,
		Log:            p.log,
		History:        e.store.history,
		HistoryTrouble: e.store.historyTrouble,
		VerifyPassword: accounts.VerifyPassword,
		Rehash:         p.rehash,
		Terminate:      p.terminate,
		Backup:         e.backups.make,
		FlushAll:       transport.FlushAll[commands.Conn],
		Reason:         whyEnded,
		Resolver:       &net.Resolver{},
		Ident:          askIdent,
		Version:        "bavard-" + version,
		SnapshotBytes:  int64(p.config.Storage.SnapshotSize),
		SnapshotAge:    time.Duration(p.config.Storage.SnapshotAge),
		Aside:          e.store.aside,
		Broken:         p.broken,
	}
	if e.store.journal != nil {
		o.Journal = e.store.journal
	}
	server, loaded, err := commands.New(o)
	if err != nil {
		return nil, errors.Join(err, e.store.abandon())
	}
	e.server = server
	if loaded.Last != 0 {
		logLoaded(p.log, &loaded)
	}
	return e, nil
}

// logLoaded logs what earlier lives have left.
func logLoaded(log *slog.Logger, loaded *order.Loaded) {
	log.Info("state loaded", "snapshot", loaded.SnapshotOrder, "snapshot_bytes", loaded.SnapshotBytes, "operations", loaded.Operations,
		"bytes_cut", loaded.BytesCut, "skipped", loaded.Skipped, "took", loaded.Took.Round(time.Millisecond))
}

// journalChanged is called when the journal cannot be written any more, and when it is written again.
func (e *ircEngine) journalChanged(err error) {
	switch {
	case e.server == nil: // it is being loaded
	case errors.Is(err, journal.ErrGap):
		e.server.CloseGap()
	default:
		e.server.JournalChanged(err)
	}
}

// historyChanged is journalChanged for the history.
func (e *ircEngine) historyChanged(err error) {
	if e.server != nil {
		e.server.HistoryChanged(err)
	}
}

func (e *ircEngine) Open(c *transport.Conn) (transport.Session, time.Duration) {
	return e.server.Open(c)
}
func (e *ircEngine) Beat()                     { e.server.Beat() }
func (e *ircEngine) Reload(cfg *config.Config) { e.server.Reload(cfg) }
func (e *ircEngine) Run(ctx context.Context)   { e.server.Run(ctx) }
func (e *ircEngine) Barrier()                  { e.server.Barrier() }

func (e *ircEngine) Stop(reason string) {
	e.backups.stop()
	e.server.Stop(reason)
}

func (e *ircEngine) Close() error {
	e.backups.wait()
	return errors.Join(e.store.close(), e.server.Save())
}
