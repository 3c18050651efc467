// Package config defines the configuration file: its options, their defaults, their explanations and the rules for
// their values.
//
// An option is one field of a struct. Its tags describe it completely:
//
//	toml     the name in the file
//	default  the value when the file does not set one, written as in the file but without quotes; a comma and a space
//	         separate the items of a list
//	doc      the explanation: a comment in the sample file and a row of the reference
//	min, max the bounds of a number, a size or a duration; for a string, of its length in bytes
//	oneof    the only values allowed, separated by |
//	example  a value for the sample file, where the option is then commented out
//	restart  "true" if a change takes effect only after a restart
//
// Everything else follows from these tags: decoding, checking, [Sample], [Options] and [Restart].
//
// The package never logs, keeps no global variables that change, and never starts a goroutine. It reads the
// configuration file and the files that it names, and writes none.
//
// Invariants: a *Config that [Load] or [Parse] returned without an error obeys every rule; an error names every mistake
// in the file, not just the first one; a message never contains a secret.
package config

import "path/filepath"

//go:generate go run ./gen ../config.toml

// Config is the whole configuration. It does not change once it is loaded, so goroutines can share it.
type Config struct {
	Server       Server        `toml:"server" doc:"The server's identity and greeting."`
	Admin        Admin         `toml:"admin" doc:"Who runs the server, as ADMIN shows it."`
	Listeners    []Listener    `toml:"listeners" max:"64" doc:"Addresses that clients can connect to: one [[listeners]] section per address. If the file has none, the server uses the two below."`
	TLS          TLS           `toml:"tls" doc:"The certificate for listeners with tls = true."`
	Certificates []Certificate `toml:"certificates" max:"1000" doc:"Additional certificates for particular server names (SNI): one [[certificates]] section per certificate. Clients that ask for any other name, or for none, get the certificate from [tls]. There are none by default."`
	STS          STS           `toml:"sts" doc:"Strict transport security (STS): clients that support it connect only with TLS."`
	Storage      Storage       `toml:"storage" doc:"Where the daemon keeps its data."`
	Limits       Limits        `toml:"limits" doc:"Limits on lengths, counts and rates. Lengths are in bytes. Text that does not fit in an IRC line of 512 bytes is cut, whatever the limit here."`
	Classes      []Class       `toml:"classes" max:"100" doc:"Connection classes with limits of their own: one [[classes]] section per class. A connection belongs to the first class that it matches. There are none by default."`
	Flood        Flood         `toml:"flood" doc:"Flood control: slows down clients that send too much. Each command costs some units (docs/reference.md), and more when the server has much to do or to answer because of it. A client that has run out of units waits until it has earned more."`
	Users        Users         `toml:"users" doc:"Settings for new users."`
	Hosts        Hosts         `toml:"hosts" doc:"How the server determines a user's host, and what others see of it."`
	Accounts     Accounts      `toml:"accounts" doc:"The accounts that clients log in to."`
	Webirc       []Webirc      `toml:"webirc" max:"100" doc:"Gateways, such as web clients, that can use WEBIRC to pass on the addresses of their users: one [[webirc]] section per gateway. There are none by default."`
	Channels     Channels      `toml:"channels" doc:"Settings for channels."`
	Messages     Messages      `toml:"messages" doc:"Multiline messages, and deleting messages."`
	History      History       `toml:"history" doc:"Recent messages in channels and private conversations, kept so that clients can fetch what they missed."`
	Metadata     Metadata      `toml:"metadata" doc:"Metadata that users and channels can publish about themselves (METADATA)."`
	Relaymsg     Relaymsg      `toml:"relaymsg" doc:"Bridges to other networks, whose bots relay messages from there (draft/relaymsg)."`
	Roleplay     Roleplay      `toml:"roleplay" doc:"Channels where people play characters."`
	OperClasses  []OperClass   `toml:"oper_classes" max:"100" doc:"Classes of IRC operators: one [[oper_classes]] section per class. The class 'admin', which has every privilege, exists without being listed, unless the file defines its own."`
	Opers        []Oper        `toml:"opers" max:"1000" doc:"People who can become IRC operators with OPER: one [[opers]] section per person. There are none by default."`
	Bans         Bans          `toml:"bans" doc:"The list of server bans, which IRC operators manage with UBAN, KLINE and similar commands."`
	Defcon       Defcon        `toml:"defcon" doc:"What each DEFCON level blocks. IRC operators use DEFCON to protect the server for a while. Users who are exempt from server bans (ELINE) can connect at every level."`
	Filter       Filter        `toml:"filter" doc:"The content filter. IRC operators set its patterns with FILTER."`
	DNSBL        DNSBL         `toml:"dnsbl" doc:"What happens to connections from addresses on DNS blocklists."`
	Blocklists   []Blocklist   `toml:"blocklists" max:"32" doc:"DNS blocklists that the address of every new connection is looked up in: one [[blocklists]] section per list. There are none by default."`
	Log          Log           `toml:"log" doc:"The daemon's log, written to standard error."`

	// File is the path of the configuration file as the caller gave it; empty for the built-in defaults.
	File string `toml:"-"`
	// Dir is the absolute path of the directory that relative paths in the file start from; empty for the built-in
	// defaults.
	Dir string `toml:"-"`
}

// Default returns the configuration of an empty file. Its paths are relative to the working directory.
func Default() *Config {
	cfg := &Config{Listeners: []Listener{{Address: "127.0.0.1:6667"}, {Address: "127.0.0.1:6697", TLS: true}}}
	setDefaults(cfg)
	return cfg
}

// Load reads and checks the file at path. Its error is a [Problems] that lists every mistake, sorted by line.
func Load(path string) (*Config, error) {
	text, problem := readFile(path, maxFileBytes)
	if problem != "" {
		return nil, Problems{{File: path, Text: problem}}
	}
	return Parse(path, text)
}

// Parse parses and checks the text of a configuration file. The name is used in messages, and relative paths start from
// its directory. Parse also reads the files that the text names, such as motd_file. Its error is a [Problems] that
// lists every mistake, sorted by line.
func Parse(name string, text []byte) (*Config, error) {
	raw, lines, problem := parseTOML(name, text)
	if problem != nil {
		return nil, Problems{*problem}
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return nil, Problems{{File: name, Text: "cannot find out which directory this file is in: " + reason(err)}}
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
		problems = append(problems, Problem{File: name, Text: "there are more mistakes than those listed"})
	}
	return nil, problems
}
