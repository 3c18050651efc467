package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"bavard/accounts"
)

// checker checks what tags cannot express: rules that involve several options, and the files that the configuration
// names.
type checker struct {
	*decoder
	dir string // where relative paths start
}

func (c *checker) check(cfg *Config) {
	cfg.Server.check(c)
	cfg.Admin.check(c)
	c.listeners(cfg)
	cfg.TLS.check(c)
	c.certificates(cfg.Certificates)
	cfg.STS.check(c, cfg)
	cfg.Storage.check(c)
	cfg.Users.check(c)
	cfg.Hosts.check(c)
	c.webirc(cfg.Webirc)
	cfg.Channels.check(c, cfg)
	cfg.Metadata.check(c)
	cfg.Relaymsg.check(c)
	cfg.Roleplay.check(c, &cfg.Channels)
	c.operClasses(cfg.OperClasses, cfg.Limits)
	cfg.Defcon.check(c)
	c.classes(cfg)
	c.blocklists(cfg)
	c.opers(cfg.Opers, cfg.OperClasses)
}

// element is the path of one item of a list in the file.
type element struct{ path string }

func (c *checker) at(key string, i int) element { return element{joinPath(key, strconv.Itoa(i))} }

// item returns the path of an item in a list that is itself an option of the element.
func (e element) item(field string, i int) element {
	return element{joinPath(joinPath(e.path, field), strconv.Itoa(i))}
}

func (c *checker) report(key, text string) { c.fail(key, text) }

// reportAt records a mistake in an option of an element, or in the element itself if field is empty. It records nothing
// for an element that could not be decoded, because that was reported already.
func (c *checker) reportAt(e element, field, text string) {
	if field == "" && c.failed(e.path) {
		return
	}
	path := e.path
	if field != "" {
		path = joinPath(path, field)
	}
	c.fail(path, text)
}

// givenAt reports whether the file sets an option of an element.
func (c *checker) givenAt(e element, field string) bool {
	_, ok := c.lines[joinPath(e.path, field)]
	return ok
}

func (c *checker) failedAt(e element, field string) bool { return c.failed(joinPath(e.path, field)) }

// broken reports whether an element could not be decoded at all, so that there is nothing to check in it.
func (c *checker) broken(e element) bool {
	return slices.ContainsFunc(c.problems, func(p Problem) bool { return p.path == e.path })
}

// path makes a path absolute. Relative paths start from the configuration file's directory.
func (c *checker) path(key string, path *string) {
	if *path == "" {
		return
	}
	if strings.ContainsRune(*path, 0) {
		c.report(key, "must not contain a NUL byte")
		return
	}
	if !filepath.IsAbs(*path) {
		*path = filepath.Join(c.dir, *path)
	}
	*path = filepath.Clean(*path)
}

func (c *checker) password(section string, given Secret, file *string) Secret {
	return c.passwordAt(element{section}, given, file)
}

// passwordAt checks the hash of a password, after reading it from its file if it has one. It returns the hash.
func (c *checker) passwordAt(e element, given Secret, file *string) Secret {
	field, name := "password", ""
	if *file != "" {
		field = "password_file"
		if given != "" {
			c.reportAt(e, field, "set password or password_file, not both")
			return given
		}
		c.path(joinPath(e.path, field), file)
		text, problem := readFile(*file, maxSecretBytes)
		if problem != "" {
			c.reportAt(e, field, *file+": "+problem)
			return ""
		}
		given = Secret(strings.TrimRight(string(text), "\r\n"))
		if given == "" {
			c.reportAt(e, field, *file+": is empty")
			return ""
		}
		name = *file + ": "
	}
	if given == "" {
		return given
	}
	switch err := accounts.CheckHash(string(given)); {
	case errors.Is(err, accounts.ErrCostlyHash):
		c.reportAt(e, field, name+err.Error()+"; make one with 'bavard hash'")
	case err != nil:
		c.reportAt(e, field, name+"must be an argon2id hash, not the password itself; make one with 'bavard hash'")
	}
	return given
}

// modes checks a set of mode letters and reports whether it is valid. It drops a leading +, because people write modes
// that way.
func (c *checker) modes(key string, text *string, allowed string) bool {
	*text = strings.TrimPrefix(*text, "+")
	return c.letters(key, *text, allowed)
}

// letters checks a set of characters and reports whether it is valid.
func (c *checker) letters(key, text, allowed string) bool {
	for i, letter := range text {
		switch {
		case !strings.ContainsRune(allowed, letter):
			c.report(key, "can contain only the characters "+allowed+", not "+strconv.Quote(string(letter)))
			return false
		case strings.ContainsRune(text[:i], letter):
			c.report(key, "contains "+string(letter)+" twice")
			return false
		}
	}
	return true
}

// inOrder sorts the letters of set into the order that they have in order.
func inOrder(set, order string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(set, r) {
			return r
		}
		return -1
	}, order)
}

// printable reports whether a text is UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// isText reports whether a text can be split into lines and shown. Control characters are allowed, because IRC uses
// some for colours.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// reason says why a file could not be used, without Go's jargon.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read by this user (permission denied)"
	}
	text := err.Error()
	if colon := strings.LastIndex(text, ": "); colon >= 0 {
		return text[colon+2:]
	}
	return text
}

// names are the names of a list's sections so far, in lower case, with the index of the section that has it.
type names map[string]int

// entryName checks the name of section i of a list, and adds it to seen. It must differ from all names in seen, and by
// more than case: people would mix them up. If seen is nil, names may repeat.
func (c *checker) entryName(list string, i int, name string, seen names) {
	at := c.at(list, i)
	folded := strings.ToLower(name)
	earlier, taken := seen[folded]
	switch {
	case name == "":
		if !c.failedAt(at, "name") {
			c.reportAt(at, "name", "is missing")
		}
	case strings.ContainsAny(name, " :") || !printable(name):
		c.reportAt(at, "name", "must not contain spaces, colons or control characters")
	case taken:
		c.reportAt(at, "name", strconv.Quote(name)+" is already used"+c.inLineOf(joinPath(c.at(list, earlier).path, "name"))+"; case does not count")
	case seen != nil:
		seen[folded] = i
	}
}

// inLineOf returns " in line N", where N is the line of a path, or "" if the file does not contain it.
func (c *checker) inLineOf(path string) string {
	if line := c.lines.of(path); line > 0 {
		return " in line " + strconv.Itoa(line)
	}
	return ""
}
