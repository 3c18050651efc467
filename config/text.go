package config

import "strings"

// text reads a long text, such as the message of the day, from its file if it has one, and normalizes its line ends.
// The option for the file is named like the option for the text, with _file appended.
func (c *checker) text(key string, text, file *string) {
	fileKey := key + "_file"
	if *file != "" {
		if *text != "" {
			_, name, _ := strings.Cut(key, ".")
			c.report(fileKey, "set "+name+" or "+name+"_file, not both")
			return
		}
		c.path(fileKey, file)
		read, problem := readFile(*file, maxMOTDBytes)
		if problem != "" {
			c.report(fileKey, *file+": "+problem)
			return
		}
		*text = string(read)
		if !isText(*text) {
			c.report(fileKey, *file+": must be UTF-8 text without NUL bytes")
			return
		}
	}
	if !isText(*text) {
		c.report(key, "must be text without NUL bytes")
	}
	*text = strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*text), "\n")
}

// Admin says who runs the server.
type Admin struct {
	Location     string `toml:"location" default:"" max:"200" doc:"Where the server is."`
	Organisation string `toml:"organisation" default:"" max:"200" doc:"Who runs it."`
	Contact      string `toml:"contact" default:"" max:"200" doc:"How to reach them, for example an e-mail address."`
}

func (a *Admin) check(c *checker) {
	for key, text := range map[string]string{"admin.location": a.Location, "admin.organisation": a.Organisation, "admin.contact": a.Contact} {
		if !printable(text) {
			c.report(key, "must be one line without control characters")
		}
	}
}
