package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"bavard/order/journal"
	"bavard/storage"
)

type restoreCommand struct {
	File   string `arg:"" help:"The backup."`
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
}

// Help returns the text for --help.
func (restoreCommand) Help() string {
	return "Restores a backup into storage.path, which must be empty or missing. The backup is checked first: if anything in it is missing or damaged, nothing is written. " +
		"To replace existing data, stop the server and move the folder away first."
}

// Run restores the backup.
func (r restoreCommand) Run(env environment) error {
	cfg, err := configuration(r.Config)
	if err != nil {
		return err
	}
	report, end := showProgress(env.stderr)
	m, err := restoreBackup(context.Background(), r.File, cfg.Storage.Path, report)
	end()
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "restored %s into %s: the backup of %s from %s, up to operation %d\n",
		r.File, cfg.Storage.Path, m.Server, m.Time.Format(time.DateTime+" UTC"), m.Last)
	return err
}

// restoring is the name of a folder within the one that is being restored. It has the files that have not been moved to
// their final place yet.
const restoring = "restoring.new"

// restoreBackup checks a backup and puts what it contains into a folder, which must be empty or missing.
func restoreBackup(ctx context.Context, file, folder string, report progress) (m *manifest, err error) {
	if folder == "" {
		return nil, errNothingKept
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, plain(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, plain(err))
	}
	missing, err := checkEmpty(folder)
	if err != nil {
		return nil, err
	}
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	stage := filepath.Join(folder, restoring)
	defer func() {
		cleaning := os.RemoveAll(stage)
		if err != nil && missing {
			cleaning = errors.Join(cleaning, os.Remove(folder))
		}
		if err == nil {
			err = cleaning
		}
	}()
	if err := os.Mkdir(stage, 0o700); err != nil {
		return nil, fmt.Errorf("cannot write to %s: %w", folder, plain(err))
	}
	if free, known := freeSpace(folder); known && free < info.Size()+spareBytes {
		return nil, fmt.Errorf("not enough free space in %s: about %s is needed, %s is free", folder, sizeText(info.Size()+spareBytes), sizeText(free))
	}
	if m, err = readArchive(f, stage, info.Size(), report); err == nil {
		err = examineCopy(ctx, stage, m, report)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used: %w", file, plain(err))
	}
	return m, moveIn(stage, folder)
}

// checkEmpty checks that a folder is empty or missing.
func checkEmpty(folder string) (missing bool, err error) {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("cannot read %s: %w", folder, plain(err))
	}
	if pid := journal.User(filepath.Join(folder, journalFolder)); pid != "" {
		return false, fmt.Errorf("%s is in use by process %s; stop the server, and move the folder away", folder, pid)
	}
	if len(entries) > 0 {
		return false, fmt.Errorf("%s is not empty (it has %s); move the folder away", folder, entries[0].Name())
	}
	return false, nil
}

// examineCopy checks that a daemon could start with a folder, and that its parts fit together.
func examineCopy(ctx context.Context, folder string, m *manifest, report progress) error {
	r, err := replay(folder, report)
	if err != nil {
		return err
	}
	if r.Last != m.Last {
		return fmt.Errorf("its journal ends at operation %d instead of %d", r.Last, m.Last)
	}
	path := filepath.Join(folder, databaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	report("checking the history", 0, 0)
	upTo, err := storage.CheckStructure(ctx, path)
	if err != nil {
		return err
	}
	if upTo != m.History || upTo > r.Last {
		return fmt.Errorf("its history ends at operation %d, its journal at %d", upTo, r.Last)
	}
	return nil
}

// moveIn moves the files to their final place. They get the owner of the folder, in case root restores for a different
// user.
func moveIn(stage, folder string) error {
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	if err := giveAway(stage, folder); err != nil {
		return fmt.Errorf("cannot change the owner of the files in %s: %w", folder, plain(err))
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(stage, e.Name()), filepath.Join(folder, e.Name())); err != nil {
			return fmt.Errorf("%s is restored only in part: %w", folder, plain(err))
		}
	}
	return syncFolder(folder)
}

// giveAway gives all files in stage the owner of the folder like, if this process may do that.
func giveAway(stage, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || os.Geteuid() != 0 {
		return nil
	}
	return filepath.WalkDir(stage, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, int(owner.Uid), int(owner.Gid)))
	})
}
