package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// madeFolder returns the configuration and the files of a daemon that has run twice: with a journal, two snapshots, a
// history and a certificate.
func madeFolder(t *testing.T, text string) (config string, files map[string]string) {
	p := launch(t, text)
	talk := func() {
		c := p.connect("", "alice")
		c.say("JOIN #c", "MODE #c +P", "TOPIC #c :what lasts", "PRIVMSG #c :hello", "PING end")
		c.until(" PONG ")
	}
	talk()
	p.terminate()
	p = launchAt(t, p.path)
	talk()
	p.terminate()
	return p.path, filesIn(t, filepath.Join(filepath.Dir(p.path), "bavard-data"))
}

const doctored = plainListener + "\n" + tlsListener + "\n[hosts]\ncloak = true\n[limits]\nclients = 100\n"

func TestDoctorFindsNothing(t *testing.T) {
	config, files := madeFolder(t, doctored)
	folder := filepath.Join(filepath.Dir(config), "bavard-data")
	r := ircd("", "doctor", "-c", config)
	require.Equal(t, exitOK, r.code, r.out+r.errors)
	require.NotContains(t, r.out, problem)
	require.NotContains(t, r.out, odd)
	for _, what := range []string{"not in use", "only the owner", "history: complete up to operation", "journal: ", "snapshot: operation", "disk: ", "clock: ", "is valid until", "open files: enough"} {
		require.Contains(t, r.out, "ok       ")
		require.Contains(t, r.out, what)
	}
	require.Equal(t, files, filesIn(t, folder), "the doctor changes nothing")

	// While the daemon runs, too.
	p := launchAt(t, config)
	c := p.connect("", "bob")
	c.say("JOIN #d", "PING end")
	c.until(" PONG ")
	r = ircd("", "doctor", "-c", config)
	require.Equal(t, exitOK, r.code, r.out+r.errors)
	require.Contains(t, r.out, "in use by process ")
	p.terminate()

	volatile, _ := configIn(t, plainListener+"\n[storage]\npath = \"\"\n")
	r = ircd("", "doctor", "-c", volatile)
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.out, "nothing is kept on the disk")
	fresh, _ := configIn(t, plainListener)
	r = ircd("", "doctor", "-c", fresh)
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.out, "does not exist yet; the first start creates it")
	wrong, _ := configIn(t, "nonsense")
	require.Equal(t, exitError, ircd("", "doctor", "-c", wrong).code)
}

// TestDoctorOnDamage damages folders. The daemon refuses each in one line and changes nothing, and the doctor says what
// to do.
func TestDoctorOnDamage(t *testing.T) {
	_, files := madeFolder(t, doctored)
	var segments, snapshots []string
	for name := range files {
		if strings.HasSuffix(name, ".journal") {
			segments = append(segments, name)
		} else if strings.HasSuffix(name, ".snapshot") {
			snapshots = append(snapshots, name)
		}
	}
	require.GreaterOrEqual(t, len(segments), 2)
	require.Len(t, snapshots, 2)
	flip := func(content string, at int) string {
		changed := []byte(content)
		changed[at] ^= 1
		return string(changed)
	}
	newer := func(content string, at int) string {
		changed := []byte(content)
		changed[at] = 2
		return string(changed)
	}
	for name, c := range map[string]struct {
		change func(files map[string]string)
		// starts: the daemon starts with it.
		starts      bool
		finds, todo string
	}{
		"a changed byte in all snapshots and a lost beginning": {func(f map[string]string) {
			for _, s := range snapshots {
				f[s] = flip(f[s], len(f[s])-1)
			}
			delete(f, min(segments[0], segments[1]))
		}, false, "PROBLEM  journal: ", "restore the newest backup"},
		"a changed byte in the journal": {func(f map[string]string) {
			for _, s := range snapshots {
				delete(f, s)
			}
			f[min(segments[0], segments[1])] = flip(f[min(segments[0], segments[1])], 200)
		}, false, "is damaged at byte", "The disk, the memory or a program has changed the file. Check the disk, move the folder away (keep it), and restore the newest backup."},
		"a missing segment": {func(f map[string]string) {
			for _, s := range snapshots {
				delete(f, s)
			}
			delete(f, min(segments[0], segments[1]))
		}, false, "are missing)", "Put the missing file back"},
		"no format": {func(f map[string]string) { delete(f, "journal/format") }, false, "journal/format is missing, but the folder has a journal", "write it again: echo 'bavard journal 1' > "},
		"a damaged format": {func(f map[string]string) { f["journal/format"] = "bavard jour" }, false,
			"does not say which format the folder has", "write it again: echo 'bavard journal 1' > "},
		"a newer format": {func(f map[string]string) { f["journal/format"] = "bavard journal 2\n" }, false,
			"it was written by a newer version (format 2)", "Nothing is broken: install the version of Bavard that wrote the folder, or a later one."},
		"a newer segment": {func(f map[string]string) {
			for _, s := range segments {
				f[s] = newer(f[s], 8)
			}
		}, false, "it was written by a newer version (format 2)", "Nothing is broken: install the version"},
		"one damaged snapshot": {func(f map[string]string) {
			newest := max(snapshots[0], snapshots[1])
			f[newest] = flip(f[newest], len(f[newest])-1)
		}, true, "warning  snapshot: ", "If the journal is intact, nothing is lost"},
		"a database of a different program": {func(f map[string]string) { f["bavard.db"] = "hello" + strings.Repeat(" ", 200) }, false,
			"is damaged (it is not a SQLite database)", "Stop the daemon, move the file away together with those that end with -wal and -shm"},
		"a truncated database": {func(f map[string]string) { f["bavard.db"] = f["bavard.db"][:5000] }, false, "PROBLEM  history: ", "restore the newest backup"},
		"a damaged block in the database": {func(f map[string]string) {
			require.Contains(t, f["bavard.db"], "hello")
			f["bavard.db"] = strings.ReplaceAll(f["bavard.db"], "hello", "hullo")
		}, true, "is damaged (block ", "the rest can, and the daemon works"},
		"a newer database": {func(f map[string]string) { f["bavard.db"] = f["bavard.db"][:63] + "\x63" + f["bavard.db"][64:] }, false,
			"was written by a newer version of Bavard (format 99", "Nothing is broken: install that version, or restore a backup."},
		"no database": {func(f map[string]string) { delete(f, "bavard.db") }, true, "warning  history: ", "If it was deleted, restore a backup."},
		"no journal": {func(f map[string]string) {
			for name := range f {
				if strings.HasPrefix(name, "journal/") {
					delete(f, name)
				}
			}
		}, true, "is missing, but there is a history", "Put the folder back, or restore a backup."},
		"an unfinished restore": {func(f map[string]string) { f["restoring.new/bavard.db"] = "x" }, true, "restore that was not finished", "delete everything in the folder"},
		"a bug":                 {func(f map[string]string) { f["operation-7"] = "x" }, true, "operation-7 is an operation that the program could not carry out", "Report it as a bug"},
		"a key for nothing":     {func(f map[string]string) { f["tls-key.pem"] = "x" }, false, "certificate: cannot use ", "Both must be readable PEM files that belong together."},
	} {
		t.Run(name, func(t *testing.T) {
			config, folder := configIn(t, doctored)
			all := map[string]string{}
			for name, content := range files {
				all[name] = content
			}
			c.change(all)
			folderWith(t, folder, all)
			r := ircd("", "doctor", "-c", config)
			require.Contains(t, r.out, c.finds)
			require.Contains(t, r.out, c.todo)
			require.NotContains(t, r.out, "run `bavard doctor`")
			require.NotContains(t, r.out, `"bavard doctor" says`)
			if strings.Contains(r.out, string(problem)) {
				require.Equal(t, exitError, r.code)
				require.Regexp(t, `^bavard: \d problems? found\n$`, r.errors)
			} else {
				require.Equal(t, exitOK, r.code)
			}
			delete(all, "journal/lock")
			after := filesIn(t, folder)
			delete(after, "journal/lock")
			require.Equal(t, all, after, "the doctor changes nothing")
			if c.starts {
				launchAt(t, config).terminate()
				return
			}
			require.Contains(t, r.out, string(problem))
			r = ircd("", "run", "-c", config)
			require.Equal(t, exitError, r.code)
			require.Empty(t, r.out)
			lines := strings.Split(strings.TrimSuffix(r.errors, "\n"), "\n")
			require.True(t, strings.HasPrefix(lines[len(lines)-1], "bavard: "), r.errors)
			after = filesIn(t, folder)
			delete(after, "journal/lock")
			for name, content := range after {
				if name == "bavard.db" && !strings.Contains(t.Name(), "database") {
					continue // its tidying begins at once, and changes nothing that anyone could miss
				}
				require.True(t, all[name] == content, "the daemon changes nothing: %s (%d bytes, now %d)", name, len(all[name]), len(content))
			}
			require.Len(t, after, len(all), "the daemon changes nothing")
		})
	}
}

func TestDoctorOnTheSystem(t *testing.T) {
	config, files := madeFolder(t, doctored)
	folder := filepath.Join(filepath.Dir(config), "bavard-data")
	ask := func() ran { return ircd("", "doctor", "-c", config) }

	require.NoError(t, os.Chmod(folder, 0o755))
	require.NoError(t, os.Chmod(filepath.Join(folder, "cloak-key"), 0o644))
	r := ask()
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.out, "PROBLEM  permissions: others have permissions for "+folder+", "+filepath.Join(folder, "cloak-key")+"\n         -> Others may read messages and keys: chmod -R go= "+folder+"\n")
	require.NoError(t, os.Chmod(folder, 0o700))
	require.NoError(t, os.Chmod(filepath.Join(folder, "cloak-key"), 0o600))

	future := time.Now().Add(3 * time.Hour)
	path := filepath.Join(folder, "bavard.db")
	require.NoError(t, os.Chtimes(path, future, future))
	r = ask()
	require.Regexp(t, regexp.QuoteMeta("PROBLEM  clock: "+path+" is from ")+`.* UTC, which is in the future by (3h0m0s|2h59m\d\ds)\n         -> If the clock is wrong, set it`, r.out)
	require.NoError(t, os.Chtimes(path, time.Now(), time.Now()))

	require.NoError(t, os.WriteFile(config, []byte(doctored[:len(doctored)-len("100\n")]+"100\n[server]\nname = \"other.example.org\"\n"), 0o600))
	r = ask()
	require.Contains(t, r.out, "certificate: "+filepath.Join(folder, "tls-certificate.pem")+" is not for other.example.org")
	require.Equal(t, files, filesIn(t, folder))

	cfg, err := configuration(config)
	require.NoError(t, err)
	x := &examination{cfg: cfg}
	x.judgeFiles(100, "process 7")
	require.Equal(t, "PROBLEM  open files: limits.clients is 100, but the limit of process 7 is 100 files, enough for 36 clients\n"+
		"         -> Raise the limit to at least 164 (LimitNOFILE in the systemd unit, or ulimit -Hn), or lower limits.clients.", x.findings[0].String())
}

// TestDoctorOnTwoLives: the journal is an older copy than the database.
func TestDoctorOnTwoLives(t *testing.T) {
	config, earlier := madeFolder(t, doctored)
	folder := filepath.Join(filepath.Dir(config), "bavard-data")
	p := launchAt(t, config)
	c := p.connect("", "alice")
	c.say("JOIN #c", "PRIVMSG #c :later", "PING end")
	c.until(" PONG ")
	p.terminate()
	require.NoError(t, os.RemoveAll(filepath.Join(folder, journalFolder)))
	for name := range earlier {
		if !strings.HasPrefix(name, journalFolder) {
			delete(earlier, name)
		}
	}
	folderWith(t, folder, earlier)
	r := ircd("", "doctor", "-c", config)
	require.Equal(t, exitError, r.code)
	require.Regexp(t, `PROBLEM  history: it is ahead of the journal \(operation \d+, the journal ends at \d+\)\n         -> The journal seems to be an older copy`, r.out)
	file := filepath.Join(t.TempDir(), "x.tar")
	r = ircd("", "backup", file, "-c", config)
	require.Equal(t, exitError, r.code)
	require.Regexp(t, `^bavard: no backup was written: .*the history database is ahead of the journal`, r.errors)
	require.NoFileExists(t, file)
}

func TestDoctorOnCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	now := time.Now()
	for name, c := range map[string]struct {
		made  time.Time
		mode  os.FileMode
		names []string
		says  []string
	}{
		"good":        {now, 0o600, []string{"irc.example.org"}, []string{"ok       certificate: "}},
		"expired":     {now.AddDate(-selfSignedYears, 0, -2), 0o600, []string{"irc.example.org"}, []string{"PROBLEM  certificate: ", "expired at ", "-> renew"}},
		"soon":        {now.AddDate(-selfSignedYears, 0, 5), 0o600, []string{"irc.example.org"}, []string{"warning  certificate: ", "expires at ", "-> renew"}},
		"not yet":     {now.AddDate(0, 0, 5), 0o600, []string{"irc.example.org"}, []string{"PROBLEM  certificate: ", "is not valid before ", "-> Check the clock"}},
		"other names": {now, 0o600, []string{"irc.example.net", "*.example.org"}, []string{"is not for irc.example.net", "is not for *.example.org"}},
		"open key":    {now, 0o604, []string{"irc.example.org"}, []string{"PROBLEM  certificate: everybody can read the key ", "-> chmod o= "}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			der, err := signSelf(key, "irc.example.org", c.made)
			require.NoError(t, err)
			certificate, keyFile := certificatePaths(folder)
			require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644))
			require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), c.mode))
			x := &examination{now: now}
			x.checkCertificate(certificate, keyFile, c.names, "renew")
			all := fmt.Sprint(x.findings)
			for _, text := range c.says {
				require.Contains(t, all, text)
			}
		})
	}
}
