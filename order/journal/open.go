package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Open locks a folder and prepares its journal; Load must follow. It creates the folder if it is missing. A folder that
// is in use, cannot be written, or was written by a newer version is refused, and nothing in it is changed.
func Open(folder string, o Options) (*Journal, error) {
	o = o.withDefaults()
	if err := checkFormat(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("cannot create the folder for what lasts: %w", cause(err))
	}
	lock, err := lockFolder(folder)
	if err != nil {
		return nil, err
	}
	if err := prepareFormat(folder, o.disk); err != nil {
		lock.Close()
		return nil, err
	}
	return newJournal(folder, o, lock), nil
}

// lockFolder takes the lock that only one process can have. The kernel releases it when the process ends, for whatever
// reason.
func lockFolder(folder string) (*os.File, error) {
	path := filepath.Join(folder, lockName)
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the folder %s: %w", folder, cause(err))
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer lock.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
		return nil, fmt.Errorf("the folder %s is in use by %s; stop it first, or choose a different folder", folder, holder(path))
	}
	// The old text is overwritten and only then shortened, because a full disk has no space for a new one. If this fails,
	// the lock is held all the same, only without the process id.
	pid := strconv.Itoa(os.Getpid()) + "\n"
	_, err = lock.WriteAt([]byte(pid), 0)
	if err == nil {
		err = lock.Truncate(int64(len(pid)))
	}
	if err != nil && !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) {
		lock.Close()
		return nil, fmt.Errorf("cannot write to the folder %s: %w", folder, cause(err))
	}
	return lock, nil
}

// holder describes the process that has the lock, for error messages.
func holder(path string) string {
	text, err := os.ReadFile(path)
	pid, isNumber := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || isNumber != nil {
		return "a different process"
	}
	return fmt.Sprintf("process %d", pid)
}

// cause returns an error without the name of the system call.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("%s: %w", at.Path, at.Err)
	}
	return err
}

// checkFormat checks that this version can read the folder. The error is fs.ErrNotExist if the folder has no format.
func checkFormat(folder string) error {
	path := filepath.Join(folder, formatName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		return fmt.Errorf("cannot read the folder %s: %w", folder, cause(err))
	}
	number, isJournal := strings.CutPrefix(string(text), formatPrefix)
	number, ends := strings.CutSuffix(number, "\n")
	v, err := strconv.ParseUint(number, 10, 32)
	switch {
	case !isJournal || !ends || err != nil || v == 0 || number != strconv.FormatUint(v, 10):
		return fmt.Errorf("%s %w: it should say %q"+seeDoctor, path, errBadFormat, formatPrefix+strconv.Itoa(version))
	case v > version:
		return fmt.Errorf("%s: %w; use that version", folder, newerError{uint32(v)})
	}
	return nil
}

// prepareFormat checks the format again, now that nobody else can change it, and writes it into a new folder.
func prepareFormat(folder string, d disk) error {
	err := checkFormat(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := requireNew(folder); err != nil {
		return err
	}
	text := []byte(formatPrefix + strconv.Itoa(version) + "\n")
	err = writeAside(d, folder, formatName, func(f file) error {
		_, err := f.WriteAt(text, 0)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot write to the folder %s: %w", folder, cause(err))
	}
	return nil
}

// requireNew checks that a folder without a format has no journal either.
func requireNew(folder string) error {
	found, err := list(folder)
	if err == nil && len(found.segments)+len(found.snapshots) > 0 {
		err = fmt.Errorf("the file %s %w"+seeDoctor, filepath.Join(folder, formatName), errNoFormat)
	}
	return err
}

// requireJournal checks that a folder has a journal that this version can read.
func requireJournal(folder string) error {
	err := checkFormat(folder)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := requireNew(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("there is no journal in %s: %w", folder, fs.ErrNotExist)
}

// writeAside writes a file under a different name, puts it on the disk, and only then gives it its name.
func writeAside(d disk, folder, name string, write func(file) error) error {
	path := filepath.Join(folder, name)
	f, err := d.open(path+newSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = d.rename(path+newSuffix, path)
	}
	if err != nil {
		d.remove(path + newSuffix) // the first error is the one that matters, and Load removes what is left
		return err
	}
	return d.syncFolder(folder)
}
