package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"bavard/storage"
)

const (
	// backupFolder is the folder for the backups that operators ask for, in the daemon's own folder.
	backupFolder = "backups"
	// mostBackups bounds how many of them there can be, so that operators cannot fill the disk.
	mostBackups = 10
)

// backups makes backups for operators, who choose neither the folder nor the name.
type backups struct {
	engine *ircEngine
	parts  parts
	ctx    context.Context
	stop   context.CancelFunc
	// mu is held while a backup is made: operators' goroutines and the one that stops the daemon meet here.
	mu sync.Mutex
}

func newBackups(e *ircEngine, p parts) *backups {
	b := &backups{engine: e, parts: p}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// make writes a backup, and reports its progress to say. It returns the path of the file, relative to the daemon's
// folder, and its size as text.
func (b *backups) make(say func(text string)) (name, size string, err error) {
	if !b.mu.TryLock() {
		return "", "", errors.New("a backup is being made already")
	}
	defer b.mu.Unlock()
	history, lasts := b.engine.store.history.(*storage.SQLite)
	if !lasts {
		return "", "", errNothingKept
	}
	root := b.engine.store.folder
	folder := filepath.Join(root, backupFolder)
	if err := b.prepare(folder); err != nil {
		return "", "", err
	}
	name = filepath.Join(backupFolder, "bavard-"+time.Now().UTC().Format("20060102-150405")+".tar")
	_, bytes, err := makeBackup(b.ctx, backup{
		folder: root, file: filepath.Join(root, name), server: b.parts.config.Server.Name,
		history: history.Backup, report: every(progressSeldom, time.Now, say),
	})
	return name, sizeText(bytes), err
}

// prepare creates the folder, removes what an interrupted backup has left, and fails if there are mostBackups backups
// already.
func (b *backups) prepare(folder string) error {
	if err := makeFolder(folder); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", folder, plain(err))
	}
	count := 0
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".new") || strings.HasSuffix(name, ".new.tar") {
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				return fmt.Errorf("cannot write to %s: %w", folder, plain(err))
			}
			continue
		}
		count++
	}
	if count >= mostBackups {
		return fmt.Errorf("there are %d backups in %s already; move some of them away", count, folder)
	}
	return nil
}

// wait waits until no backup is being made, and lets none begin afterwards.
func (b *backups) wait() { b.mu.Lock() }
