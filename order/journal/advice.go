package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// seeDoctor is the end of the errors for a folder that cannot be used. Explain says more.
const seeDoctor = "; restore a backup, or run `bavard doctor`"

// errNoFormat and errBadFormat are wrapped by the errors for a file "format" that is missing or has unexpected content.
var (
	errNoFormat  = errors.New("is missing, but the folder has a journal")
	errBadFormat = errors.New("does not say which format the folder has")
)

// The kinds of damage, which differ in what to do about them.
const (
	fileChanged damageKind = iota
	fileMissing
)

type damageKind int

// Explain turns an error of Open, Load, Check or Copy into what is wrong with a folder and what operators can do about
// it.
func Explain(folder string, err error) (what, todo string) {
	what = strings.ReplaceAll(err.Error(), seeDoctor, "")
	var newer newerError
	var d *damage
	switch {
	case errors.As(err, &newer):
		todo = "Nothing is broken: install the version of Bavard that wrote the folder, or a later one."
	case errors.Is(err, errNoFormat), errors.Is(err, errBadFormat):
		todo = "If no other file is missing or damaged, write it again: echo '" + formatPrefix + strconv.Itoa(version) + "' > " +
			filepath.Join(folder, formatName) + " && bavard doctor. Otherwise restore a backup."
	case errors.As(err, &d) && d.kind == fileMissing:
		todo = "A file was deleted or moved, or the folder was copied only partly. Put the missing file back; if it is gone, move the folder away and restore the newest backup."
	case errors.As(err, &d):
		todo = "The disk, the memory or a program has changed the file. Check the disk, move the folder away (keep it), and restore the newest backup."
	case errors.Is(err, fs.ErrPermission):
		todo = "Run this as the user of the daemon, or give the files back to that user."
	case errors.Is(err, fs.ErrNotExist) && !exists(folder):
		todo = "If there should be one, restore a backup. Otherwise start the daemon, which creates it."
	case strings.Contains(what, "cannot be used"):
		todo = "The file is whole, but this version cannot use what is in it. Report this as a bug, with the file if its content is not confidential; meanwhile use the version that wrote it, or restore a backup."
	default:
		todo = "Check the disk and the permissions of the file."
	}
	return what, todo
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
