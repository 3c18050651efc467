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

type backupCommand struct {
	File   string `arg:"" help:"The file to write. It must not exist."`
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
}

// Help returns the text for --help.
func (backupCommand) Help() string {
	return "Backs up everything in storage.path to one file: channels, bans, accounts, history, and the keys that the server has generated. " +
		"The server may run; nobody has to wait. The configuration is not in the backup. Whoever has the file can read all messages and use the keys: keep it safe."
}

// Run writes the backup.
func (b backupCommand) Run(env environment) error {
	cfg, err := configuration(b.Config)
	if err != nil {
		return err
	}
	report, end := showProgress(env.stderr)
	m, bytes, err := makeBackup(context.Background(), backup{
		folder: cfg.Storage.Path, file: b.File, server: cfg.Server.Name, report: report,
		history: func(ctx context.Context, to string, held func(uint64) error, p storage.Progress) error {
			return storage.Copy(ctx, filepath.Join(cfg.Storage.Path, databaseFile), to, held, p)
		},
	})
	end()
	if err != nil {
		return fmt.Errorf("no backup was written: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "wrote %s: %s in %d files, up to operation %d\n", b.File, sizeText(bytes), len(m.Files), m.Last)
	return err
}

// backup has the arguments of makeBackup.
type backup struct {
	folder, file, server string
	// history copies the database; see storage.Copy.
	history func(ctx context.Context, to string, held func(upTo uint64) error, p storage.Progress) error
	report  progress
}

// errNothingKept is the error of commands that need data on the disk, if storage.path is empty.
var errNothingKept = errors.New("storage.path is empty: this server keeps nothing on the disk")

// makeBackup copies everything that lasts into one file, which must not exist yet. A daemon may run on the folder: the
// files are read without its lock.
//
// The parts fit together because of the order in which they are copied. A transaction fixes the content of the
// database's copy: everything up to one operation. After that, the journal is copied, from a snapshot that is not newer
// than that operation up to the journal's end. So the journal's copy has everything that had been acknowledged before
// the backup began, and the operations that the database does not have yet; it is never behind the database.
func makeBackup(ctx context.Context, b backup) (*manifest, int64, error) {
	if b.folder == "" {
		return nil, 0, errNothingKept
	}
	if _, err := os.Lstat(b.file); err == nil {
		return nil, 0, fmt.Errorf("%s already exists", b.file)
	}
	if _, err := os.Stat(filepath.Join(b.folder, journalFolder)); err != nil {
		return nil, 0, fmt.Errorf("there is nothing to back up in %s: %w", b.folder, plain(err))
	}
	if err := b.checkSpace(); err != nil {
		return nil, 0, err
	}
	stage, err := os.MkdirTemp(filepath.Dir(b.file), filepath.Base(b.file)+".*.new")
	if err != nil {
		return nil, 0, fmt.Errorf("cannot write to %s: %w", filepath.Dir(b.file), plain(err))
	}
	defer os.RemoveAll(stage)
	m := &manifest{Program: version, Server: b.server, Time: time.Now().UTC().Truncate(time.Second)}
	if err := b.collect(ctx, stage, m); err != nil {
		return nil, 0, err
	}
	bytes, err := b.pack(ctx, stage, m)
	if err != nil {
		return nil, 0, fmt.Errorf("cannot write %s: %w", b.file, plain(err))
	}
	return m, bytes, nil
}

// spareBytes must remain free on the disk after the backup has been written.
const spareBytes = 64 << 20

// checkSpace checks that there is space for the copies and for the backup that is made of them.
func (b backup) checkSpace() error {
	need := 2*sizeOf(b.folder, databaseFile, databaseFile+"-wal", journalFolder) + spareBytes
	if free, known := freeSpace(filepath.Dir(b.file)); known && free < need {
		return fmt.Errorf("not enough free space for %s: about %s is needed, %s is free", b.file, sizeText(need), sizeText(free))
	}
	return nil
}

// sizeOf returns the total size of some files, and of the files in some folders. Missing ones count as empty.
func sizeOf(folder string, names ...string) (bytes int64) {
	for _, name := range names {
		_ = filepath.WalkDir(filepath.Join(folder, name), func(_ string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				if info, err := e.Info(); err == nil {
					bytes += info.Size()
				}
			}
			return nil
		})
	}
	return bytes
}

// collect copies everything into an empty folder, and checks that a daemon could start with it.
func (b backup) collect(ctx context.Context, stage string, m *manifest) error {
	copied := filepath.Join(stage, databaseFile)
	held := func(upTo uint64) error {
		m.History = upTo
		return b.copyJournal(ctx, stage, upTo)
	}
	var err error
	if _, missing := os.Stat(filepath.Join(b.folder, databaseFile)); errors.Is(missing, fs.ErrNotExist) {
		err = held(0)
	} else {
		err = b.history(ctx, copied, held, func(done, all int) { b.report("copying the history", int64(done), int64(all)) })
		if err == nil {
			b.report("checking the copy", 0, 0)
			_, err = storage.CheckStructure(ctx, copied)
		}
	}
	if err != nil {
		return err
	}
	r, err := replay(stage, b.report)
	if err != nil {
		return fmt.Errorf("the copy of the journal cannot be used: %w", err)
	}
	m.Last = r.Last
	return b.copyKeys(stage)
}

// The journal's file can be behind the database for a moment, because different goroutines of the daemon write them.
const (
	behindPause    = 100 * time.Millisecond
	behindAttempts = 50
)

// copyJournal copies a journal that has at least the operations up to upTo.
func (b backup) copyJournal(ctx context.Context, stage string, upTo uint64) error {
	from, to := filepath.Join(b.folder, journalFolder), filepath.Join(stage, journalFolder)
	ignore := func(uint64, []byte) error { return nil }
	for attempt := 1; ; attempt++ {
		b.report("copying the journal", 0, 0)
		if err := errors.Join(os.RemoveAll(to), os.Mkdir(to, 0o700)); err != nil {
			return err
		}
		if err := journal.Copy(from, to, upTo); err != nil {
			return err
		}
		loaded, err := journal.Check(to, ignore, ignore)
		if err != nil {
			return fmt.Errorf("the journal cannot be copied: %w", err)
		}
		if loaded.Last >= upTo {
			return nil
		}
		if attempt == behindAttempts || journal.User(from) == "" {
			return fmt.Errorf("the history database is ahead of the journal (operation %d, the journal ends at %d); run \"bavard doctor\"", upTo, loaded.Last)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(behindPause):
		}
	}
}

// keyFiles returns the files of the keys and the certificate that the daemon generates if the configuration names no
// others.
func keyFiles(folder string) []string {
	certificate, key := certificatePaths(folder)
	return []string{filepath.Join(folder, cloakKeyFile), certificate, key}
}

func (b backup) copyKeys(stage string) error {
	for _, path := range keyFiles(b.folder) {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", path, plain(err))
		}
		if err := writeNew(filepath.Join(stage, filepath.Base(path)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// pack makes one file of a folder. It gets its name when it is complete and on the disk.
func (b backup) pack(ctx context.Context, stage string, m *manifest) (bytes int64, err error) {
	var names []string
	err = filepath.WalkDir(stage, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(stage, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	temporary := stage + ".tar"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(temporary)
	err = writeArchive(ctx, f, stage, names, m, b.report)
	if err == nil {
		bytes, err = f.Seek(0, 1)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	// Unlike a renamed file, a link never replaces a file that has appeared meanwhile.
	err = os.Link(temporary, b.file)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) { // a file system without links
		if _, exists := os.Lstat(b.file); exists == nil {
			return 0, fs.ErrExist
		}
		err = os.Rename(temporary, b.file)
	}
	if err != nil {
		return 0, err
	}
	return bytes, syncFolder(filepath.Dir(b.file))
}

// syncFolder puts the names of the files in a folder on the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
