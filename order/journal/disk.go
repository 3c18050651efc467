package journal

import (
	"os"
	"time"
)

// file is what the journal needs of a file that it writes.
type file interface {
	WriteAt(data []byte, offset int64) (int, error)
	// Sync puts the file's data on the disk, with the metadata that are needed to read them.
	Sync() error
	Truncate(size int64) error
	Close() error
}

// disk is everything that can fail when the journal writes. Tests replace its functions.
type disk struct {
	open       func(path string, flags int) (file, error)
	rename     func(from, to string) error
	remove     func(path string) error
	syncFolder func(path string) error
	// reserve asks for the space of a file before it is written, so that a full disk is noticed without filling it.
	reserve func(f file, bytes int64) error
	// after and look are time.After, for the pauses of run and watch.
	after, look func(time.Duration) <-chan time.Time
	boot        bootID
}

func realDisk() disk {
	return disk{
		open: func(path string, flags int) (file, error) {
			f, err := os.OpenFile(path, flags, 0o600)
			if err != nil {
				return nil, err
			}
			return diskFile{f}, nil
		},
		rename:     os.Rename,
		remove:     os.Remove,
		syncFolder: syncFolder,
		reserve: func(f file, bytes int64) error {
			if f, is := f.(diskFile); is {
				return reserve(f.File, bytes)
			}
			return nil
		},
		after: time.After,
		look:  time.After,
		boot:  currentBoot(),
	}
}

type diskFile struct{ *os.File }

func (f diskFile) Sync() error { return syncData(f.File) }

// syncFolder puts the names of the files in a folder on the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
