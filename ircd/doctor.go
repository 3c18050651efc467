package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"bavard/config"
	"bavard/order/journal"
	"bavard/storage"
)

type doctorCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file (by default config.toml in the working directory)."`
}

// Help returns the text for --help.
func (doctorCommand) Help() string {
	return "Checks what the server keeps: the journal, its snapshots, the history database, permissions, free space, certificates, the clock and the limit on open files. " +
		"For every problem it says what to do; if there is one, the exit code is 1. It changes nothing, and the server may run."
}

// Run examines everything, and prints what it has found.
func (d doctorCommand) Run(env environment) error {
	cfg, err := configuration(d.Config)
	if err != nil {
		return err
	}
	report, end := showProgress(env.stderr)
	x := &examination{cfg: cfg, folder: cfg.Storage.Path, now: time.Now(), report: report}
	x.examine()
	end()
	for _, f := range x.findings {
		if _, err := fmt.Fprintln(env.stdout, f); err != nil {
			return err
		}
	}
	switch n := x.problems(); n {
	case 0:
		return nil
	case 1:
		return errors.New("1 problem found")
	default:
		return fmt.Errorf("%d problems found", n)
	}
}

// severity is how bad a finding is.
type severity string

const (
	fine    severity = "ok"
	odd     severity = "warning"
	problem severity = "PROBLEM"
)

// finding is one line of the doctor's report. todo says what to do about it.
type finding struct {
	severity
	what, todo string
}

func (f finding) String() string {
	text := fmt.Sprintf("%-8s %s", f.severity, f.what)
	if f.todo != "" {
		text += "\n         -> " + f.todo
	}
	return text
}

// examination has what the doctor examines, and the findings.
type examination struct {
	cfg      *config.Config
	folder   string
	now      time.Time
	report   progress
	findings []finding
	// user is the id of the process that uses the folder, or "".
	user string
	// history is the operation up to which the database is complete, 0 if there is no database.
	history uint64
}

func (x *examination) add(s severity, todo, format string, args ...any) {
	x.findings = append(x.findings, finding{s, fmt.Sprintf(format, args...), todo})
}

func (x *examination) problems() (n int) {
	for _, f := range x.findings {
		if f.severity == problem {
			n++
		}
	}
	return n
}

func (x *examination) examine() {
	if x.checkFolder() {
		x.checkPermissions()
		x.checkHistory() // before the journal, which grows meanwhile: the database must not be ahead of it
		x.checkJournal()
		x.checkSnapshots()
		x.checkSpace()
		x.checkLeftovers()
	}
	x.checkCertificates()
	x.checkFiles()
}

// checkFolder reports whether there is a folder to examine.
func (x *examination) checkFolder() bool {
	if x.folder == "" {
		x.add(fine, "", "storage: storage.path is empty, so nothing is kept on the disk")
		return false
	}
	info, err := os.Stat(x.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add(fine, "", "folder: %s does not exist yet; the first start creates it", x.folder)
		return false
	case err != nil:
		x.add(problem, "Run this as the user of the daemon, or check the permissions of the path.", "folder: cannot examine %s: %v", x.folder, plain(err))
		return false
	case !info.IsDir():
		x.add(problem, "Move the file away, or change storage.path.", "folder: %s is not a directory", x.folder)
		return false
	}
	if x.user = journal.User(filepath.Join(x.folder, journalFolder)); x.user != "" {
		x.add(fine, "", "folder: %s, in use by process %s", x.folder, x.user)
	} else {
		x.add(fine, "", "folder: %s, not in use", x.folder)
	}
	return true
}

// examineAttempts is how often a journal in use is read if files are removed in the meantime.
const examineAttempts = 5

func (x *examination) checkJournal() {
	folder := filepath.Join(x.folder, journalFolder)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		if x.history > 0 {
			x.add(problem, "Put the folder back, or restore a backup. A daemon that starts now would know no channels and no bans, and nobody could read the history.", "journal: %s is missing, but there is a history", folder)
		} else {
			x.add(fine, "", "journal: none yet; the first start creates it")
		}
		return
	}
	var r *replayed
	var err error
	for range examineAttempts {
		if r, err = replay(x.folder, x.report); x.user == "" || !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		what, todo := journal.Explain(folder, err)
		x.add(problem, todo, "journal: %s", what)
		return
	}
	x.add(fine, "", "journal: %d operations after the snapshot of operation %d, the last is %d", r.Operations, r.SnapshotOrder, r.Last)
	if r.BytesCut > 0 && x.user == "" {
		x.add(odd, "Nothing: the next start removes it, and nobody has been shown what was in it.", "journal: the last write was not finished (%d bytes), as can happen in a crash", r.BytesCut)
	}
	if r.Skipped > 0 {
		x.add(odd, "Report it as a bug. The daemon leaves them out.", "journal: %d operations cannot be carried out by this version", r.Skipped)
	}
	if x.history > r.Last {
		x.add(problem, "The journal seems to be an older copy than the database. If you have the newer one, stop the daemon and put it back. Otherwise restore a backup.",
			"history: it is ahead of the journal (operation %d, the journal ends at %d)", x.history, r.Last)
	}
	x.checkClock(time.Unix(0, r.state.Wall()))
}

func (x *examination) checkSnapshots() {
	snapshots, err := journal.Snapshots(filepath.Join(x.folder, journalFolder))
	if err != nil {
		return // checkJournal has said so
	}
	for _, s := range snapshots {
		if s.Problem != nil {
			what, _ := journal.Explain(x.folder, s.Problem)
			x.add(odd, "If the journal is intact, nothing is lost, and a later snapshot replaces this one. Check the disk.", "snapshot: %s", what)
			continue
		}
		x.add(fine, "", "snapshot: operation %d, of %s, %s", s.Order, s.Time.UTC().Format(time.DateTime+" UTC"), sizeText(s.Bytes))
	}
}

func (x *examination) checkHistory() {
	path := filepath.Join(x.folder, databaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if found, _ := journal.Snapshots(filepath.Join(x.folder, journalFolder)); len(found) > 0 {
			x.add(odd, "If it was deleted, restore a backup. The next start creates a new one from what the journal still has.", "history: %s is missing", path)
		}
		return
	}
	var err error
	x.history, err = storage.Check(context.Background(), path, func(done, all int) { x.report("checking the history", int64(done), int64(all)) })
	if err != nil {
		what, todo := storage.Explain(err)
		x.add(problem, todo, "history: %s", what)
		return
	}
	x.add(fine, "", "history: complete up to operation %d, %s", x.history, sizeText(sizeOf(x.folder, databaseFile)))
}
