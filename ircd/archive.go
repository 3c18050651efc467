package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A backup is a tar file. Its first entry has the version of the format, and its last is the manifest, so a truncated
// file has no manifest. The files between them have the same names as in the daemon's folder.
const (
	archiveVersion  = 1
	archiveFirst    = "bavard-backup"
	archivePrefix   = "bavard backup "
	archiveManifest = "manifest.json"
	mostManifest    = 1 << 20
)

// archived matches the names of files that a backup may contain.
var archived = regexp.MustCompile(`^(` + journalFolder + `/(format|\d{20}\.(journal|snapshot))|bavard\.db|cloak-key|tls-certificate\.pem|tls-key\.pem)$`)

// manifest describes a backup.
type manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"`
	Server  string    `json:"server"`
	Time    time.Time `json:"time"`
	// Last is the last operation in the journal, and History the one up to which the database is complete.
	Last    uint64         `json:"last"`
	History uint64         `json:"history"`
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// writeArchive writes the files of a folder into an archive, and completes the manifest.
func writeArchive(ctx context.Context, w io.Writer, folder string, names []string, m *manifest, report progress) error {
	t := tar.NewWriter(w)
	text := func(name string, content []byte) error {
		err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: m.Time})
		if err == nil {
			_, err = t.Write(content)
		}
		return err
	}
	if err := text(archiveFirst, fmt.Appendf(nil, "%s%d\n", archivePrefix, archiveVersion)); err != nil {
		return err
	}
	m.Format = archiveVersion
	for _, name := range names {
		f, err := archiveFile(ctx, t, folder, name, m.Time, report)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, f)
	}
	list, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(text(archiveManifest, append(list, '\n')), t.Close())
}

func archiveFile(ctx context.Context, t *tar.Writer, folder, name string, at time.Time, report progress) (manifestFile, error) {
	f, err := os.Open(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		return manifestFile{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return manifestFile{}, err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: at}); err != nil {
		return manifestFile{}, err
	}
	sum := sha256.New()
	if err := copyWatched(ctx, io.MultiWriter(t, sum), f, "writing "+name, info.Size(), report); err != nil {
		return manifestFile{}, err
	}
	return manifestFile{name, info.Size(), hex.EncodeToString(sum.Sum(nil))}, nil
}

// copyWatched copies until the end of from, in steps.
func copyWatched(ctx context.Context, to io.Writer, from io.Reader, what string, all int64, report progress) error {
	for done := int64(0); ; {
		n, err := io.CopyN(to, from, 1<<20)
		done += n
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		report(what, done, all)
	}
}

// readArchive extracts an archive into an empty folder, and checks that it is whole.
func readArchive(r io.Reader, folder string, size int64, report progress) (*manifest, error) {
	counted := &counter{r: r}
	t := tar.NewReader(counted)
	if err := readVersion(t); err != nil {
		return nil, err
	}
	found := map[string]manifestFile{}
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it is not complete: the list of its files, which comes last, is missing")
		}
		if err != nil {
			return nil, fmt.Errorf("it is damaged or not complete: %w", err)
		}
		if h.Name == archiveManifest {
			return readManifest(t, found)
		}
		if _, twice := found[h.Name]; twice || h.Typeflag != tar.TypeReg || !archived.MatchString(h.Name) {
			return nil, fmt.Errorf("it contains %q, which does not belong in a backup", h.Name)
		}
		f, err := extract(t, folder, h.Name, func() { report("reading the backup", counted.bytes, size) })
		if err != nil {
			return nil, err
		}
		found[h.Name] = f
	}
}

// counter counts the bytes that have been read.
type counter struct {
	r     io.Reader
	bytes int64
}

func (c *counter) Read(to []byte) (int, error) {
	n, err := c.r.Read(to)
	c.bytes += int64(n)
	return n, err
}

func readVersion(t *tar.Reader) error {
	foreign := errors.New("it is not a backup of Bavard")
	h, err := t.Next()
	if err != nil || h.Name != archiveFirst || h.Size > 100 {
		return foreign
	}
	text, err := io.ReadAll(t)
	number, is := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), archivePrefix)
	v, wrong := strconv.Atoi(number)
	switch {
	case err != nil || !is || wrong != nil || v < 1:
		return foreign
	case v > archiveVersion:
		return fmt.Errorf("it was written by a newer version of Bavard (format %d, this one knows up to %d); use that version", v, archiveVersion)
	}
	return nil
}

// extract writes one file, and returns its size and checksum.
func extract(t io.Reader, folder, name string, report func()) (manifestFile, error) {
	to := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return manifestFile{}, err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return manifestFile{}, err
	}
	sum, bytes := sha256.New(), int64(0)
	for err == nil {
		var n int64
		n, err = io.CopyN(io.MultiWriter(f, sum), t, 1<<20)
		bytes += n
		report()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("it is not complete: it ends in %s", name)
	}
	return manifestFile{name, bytes, hex.EncodeToString(sum.Sum(nil))}, errors.Join(err, f.Sync(), f.Close())
}

// readManifest reads the manifest and compares the files with it.
func readManifest(t io.Reader, found map[string]manifestFile) (*manifest, error) {
	text, err := io.ReadAll(io.LimitReader(t, mostManifest))
	if err != nil {
		return nil, fmt.Errorf("it is damaged or not complete: %w", err)
	}
	m := &manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("the list of its files is damaged: %w", err)
	}
	for _, f := range m.Files {
		switch is, there := found[f.Name]; {
		case !there:
			return nil, fmt.Errorf("%s is missing in it", f.Name)
		case is != f:
			return nil, fmt.Errorf("%s in it is damaged: its checksum or size does not match", f.Name)
		}
	}
	if len(found) != len(m.Files) {
		return nil, errors.New("it contains files that its list does not have")
	}
	if !slices.ContainsFunc(m.Files, func(f manifestFile) bool { return f.Name == path.Join(journalFolder, "format") }) {
		return nil, errors.New("it has no journal")
	}
	return m, nil
}
