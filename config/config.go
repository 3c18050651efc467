// Package config owns the configuration file: its options, their defaults, their explanations and the rules that they must keep.
//
// An option is one field of a struct. Its tags say everything about it:
//
//	toml     the name in the file
//	default  the value when the file does not give one, written as in the file but without quotes; a list is separated by commas
//	doc      the explanation: a comment in the sample file and a row of the documentation
//	min, max the bounds: of a number, a size or a duration; of a text, its length in bytes
//	oneof    the only values allowed, separated by |
//	example  a value for the sample file; such an option is commented out there
//	restart  "true" when a change takes effect only after the daemon was started anew
//
// Everything else is read from these tags: decoding, checking, [Sample], [Options] and [Restart].
//
// The package never logs, never keeps a global and never starts a goroutine. It reads the configuration file and the files that this one
// names, and writes none.
//
// Invariants: a *Config that [Load] or [Parse] has returned without an error keeps every rule; an error names every mistake of the file, not the
// first one; a secret is never part of a message.
package config

import "path/filepath"

//go:generate go run ./gen ../config.toml

// Config is the whole configuration. It is not changed after it was loaded, so that goroutines may share it.
type Config struct {
	Server       Server        `toml:"server" doc:"What the server is called and how it greets."`
	Admin        Admin         `toml:"admin" doc:"Who runs the server: what ADMIN tells."`
	Listeners    []Listener    `toml:"listeners" max:"64" doc:"Where clients may connect: one [[listeners]] for each address. When the file has none, these two are used."`
	TLS          TLS           `toml:"tls" doc:"The certificate of the listeners that have tls = true."`
	Certificates []Certificate `toml:"certificates" max:"1000" doc:"More certificates, each for the server names that clients ask for (SNI): one [[certificates]] for each. Who asks for none of them gets that of [tls]. There are none by default."`
	STS          STS           `toml:"sts" doc:"Strict transport security: clients that know it connect with TLS only."`
	Storage      Storage       `toml:"storage" doc:"Where the daemon keeps what it must remember."`
	Limits       Limits        `toml:"limits" doc:"How long, how many and how fast. Lengths are in bytes. A text that would not fit in a line of 512 bytes is cut, whatever its own limit."`
	Classes      []Class       `toml:"classes" max:"100" doc:"Kinds of connections with limits of their own: one [[classes]] for each. The first one that a connection fits counts. There are none by default."`
	Flood        Flood         `toml:"flood" doc:"Slows down clients that send too much. Each command costs some units. A client that has used up its units waits until it has earned new ones."`
	Users        Users         `toml:"users" doc:"How users start."`
	Hosts        Hosts         `toml:"hosts" doc:"How the host of a user is found out, and what others see of it."`
	Accounts     Accounts      `toml:"accounts" doc:"The accounts that clients log in to."`
	Webirc       []Webirc      `toml:"webirc" max:"100" doc:"The gateways, such as web clients, that may tell for whom they connect with WEBIRC: one [[webirc]] for each. There are none by default."`
	Channels     Channels      `toml:"channels" doc:"The rules of channels."`
	Messages     Messages      `toml:"messages" doc:"What may be said at once, and what becomes of it."`
	History      History       `toml:"history" doc:"The latest messages of channels and of private conversations, kept for those who come back."`
	Metadata     Metadata      `toml:"metadata" doc:"What users and channels may tell of themselves with METADATA."`
	Relaymsg     Relaymsg      `toml:"relaymsg" doc:"Bridges to other networks, whose bots relay what is said there (draft/relaymsg)."`
	Roleplay     Roleplay      `toml:"roleplay" doc:"Channels where people play characters."`
	OperClasses  []OperClass   `toml:"oper_classes" max:"100" doc:"What kinds of IRC operators there are: one [[oper_classes]] for each. The class 'admin', which may do everything, is there without being written, unless the file says otherwise."`
	Opers        []Oper        `toml:"opers" max:"1000" doc:"The people who may look after the server with OPER: one [[opers]] for each. There are none by default."`
	Bans         Bans          `toml:"bans" doc:"The list of server bans, which IRC operators keep with UBAN, KLINE and the like."`
	Defcon       Defcon        `toml:"defcon" doc:"What the levels of DEFCON close, by which IRC operators shield the server for a while."`
	Filter       Filter        `toml:"filter" doc:"The content filter, whose patterns IRC operators set with FILTER."`
	DNSBL        DNSBL         `toml:"dnsbl" doc:"What happens to those whose address is in a list that is asked over DNS."`
	Blocklists   []Blocklist   `toml:"blocklists" max:"32" doc:"The lists that are asked about the address of every new connection: one [[blocklists]] for each. There are none by default."`
	Log          Log           `toml:"log" doc:"The daemon's log, written to standard error."`

	// File is the path of the file that was read, as it was given; empty for the built-in defaults.
	File string `toml:"-"`
	// Dir is the absolute folder that relative paths in the file start from; empty for the built-in defaults.
	Dir string `toml:"-"`
}

// Default returns the configuration of an empty file. Its paths are relative: they start from the working folder.
func Default() *Config {
	cfg := &Config{Listeners: []Listener{{Address: "127.0.0.1:6667"}, {Address: "127.0.0.1:6697", TLS: true}}}
	setDefaults(cfg)
	return cfg
}

// Load reads and checks the file at path. Its error is a [Problems] with every mistake, sorted by line.
func Load(path string) (*Config, error) {
	text, problem := readFile(path, maxFileBytes)
	if problem != "" {
		return nil, Problems{{File: path, Text: problem}}
	}
	return Parse(path, text)
}

// Parse reads and checks the text of a configuration file. The name stands in messages, and relative paths start from its folder.
// The files that the text names (password_file, motd_file) are read. Its error is a [Problems] with every mistake, sorted by line.
func Parse(name string, text []byte) (*Config, error) {
	raw, lines, problem := parseTOML(name, text)
	if problem != nil {
		return nil, Problems{*problem}
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, Problems{{File: name, Text: "cannot tell which folder this file is in: " + reason(err)}}
	}
	cfg := Default()
	cfg.File, cfg.Dir = name, dir
	d := &decoder{file: name, lines: lines}
	d.decode(raw, cfg)
	c := &checker{decoder: d, dir: dir}
	c.check(cfg)
	if len(d.problems) == 0 {
		return cfg, nil
	}
	problems := d.problems.sorted()
	if d.more {
		problems = append(problems, Problem{File: name, Text: "there are more mistakes than these"})
	}
	return nil, problems
}
