package storage

import (
	"errors"
	"io/fs"
	"strings"
)

// seeDoctor is the end of the errors for damaged files. Explain says more.
const seeDoctor = "; \"bavard doctor\" says what to do"

// Explain turns an error of Open, Check or Copy into what is wrong with a database and what operators can do about it.
func Explain(err error) (what, todo string) {
	what = strings.ReplaceAll(err.Error(), seeDoctor, "")
	switch {
	case errors.Is(err, errVersion):
		what, todo, _ = strings.Cut(strings.TrimPrefix(what, errVersion.Error()+": "), "; ")
		todo = "Nothing is broken: " + todo + "."
	case errors.Is(err, errBlock):
		todo = "A part of one channel's or conversation's history cannot be read; the rest can, and the daemon works. Check the disk. To get that part back, restore a backup."
	case isDamage(err), strings.Contains(err.Error(), seeDoctor):
		todo = "Stop the daemon, move the file away together with those that end with -wal and -shm (keep them), and restore the newest backup. Without a backup, start the daemon again: everything except history is still there."
	case errors.Is(err, fs.ErrPermission):
		todo = "Run this as the user of the daemon, or give the file back to that user."
	default:
		todo = "Check the disk and the permissions of the folder."
	}
	return what, todo
}
