package config

import (
	"crypto/tls"
	"strings"
)

// The values of Server.Casemapping.
const (
	CasemappingASCII   = "ascii"
	CasemappingRFC1459 = "rfc1459"
)

// Server says what the server is called and how it greets.
type Server struct {
	Name         string `toml:"name" default:"irc.localhost" min:"1" max:"63" doc:"The server's name: it looks like a host name and contains a dot. Clients see it as the sender of what the server says."`
	Network      string `toml:"network" default:"Bavard" min:"1" max:"32" doc:"The network's name, without spaces and without '='."`
	Icon         string `toml:"icon" example:"https://example.org/icon.svg" max:"300" doc:"The address of the network's icon, which clients may show. https is best."`
	Description  string `toml:"description" default:"A Bavard server" min:"1" max:"150" doc:"One line about the server, shown by WHOIS."`
	Password     Secret `toml:"password" example:"$argon2id$v=19$m=19456,t=2,p=1$..." doc:"The password that everybody must give to connect (PASS), as an argon2id hash: 'ircd hash' makes one. Without it nobody is asked."`
	PasswordFile string `toml:"password_file" example:"password.txt" doc:"A file that holds the hash, instead of password."`
	MOTD         string `toml:"motd" example:"Welcome!\nBe kind." max:"65536" doc:"The message of the day. A text of several lines stands between three quotes."`
	MOTDFile     string `toml:"motd_file" example:"motd.txt" doc:"A file that holds the message of the day, instead of motd. It is read again on REHASH and SIGHUP."`
	Rules        string `toml:"rules" example:"Be kind.\nNo spam." max:"65536" doc:"What RULES shows. A text of several lines stands between three quotes."`
	RulesFile    string `toml:"rules_file" example:"rules.txt" doc:"A file that holds the rules, instead of rules. It is read again on REHASH and SIGHUP."`
	OperMOTD     string `toml:"oper_motd" example:"Who watches the watchmen?" max:"65536" doc:"The message that IRC operators get with OPER, and with OPERMOTD."`
	OperMOTDFile string `toml:"oper_motd_file" example:"opermotd.txt" doc:"A file that holds it, instead of oper_motd. It is read again on REHASH and SIGHUP."`
	Casemapping  string `toml:"casemapping" default:"ascii" oneof:"ascii|rfc1459" restart:"true" doc:"Which letters of nicks and channel names count as the same. With 'ascii' A is a; with 'rfc1459' also {}|^ are the small forms of []\\~."`
	UTF8Only     bool   `toml:"utf8_only" default:"true" restart:"true" doc:"Whether text must be UTF-8. When false, any bytes pass."`

	ClientTagDeny []string `toml:"client_tag_deny" example:"typing" max:"100" doc:"Client-only tags that are not passed on, named without their '+'. With '*' first none is, but for those that follow with a '-' before them: '*', '-typing'."`
}

func (s *Server) check(c *checker) {
	if problem := serverName(s.Name); problem != "" {
		c.report("server.name", problem)
	}
	if strings.ContainsAny(s.Network, " =") || !printable(s.Network) {
		c.report("server.network", "must not contain spaces, '=' or control characters")
	}
	if !printable(s.Description) {
		c.report("server.description", "must be one line without control characters")
	}
	if problem := iconAddress(s.Icon); s.Icon != "" && problem != "" {
		c.report("server.icon", problem)
	}
	s.checkTags(c)
	s.Password = c.password("server", s.Password, &s.PasswordFile)
	c.text("server.motd", &s.MOTD, &s.MOTDFile)
	c.text("server.rules", &s.Rules, &s.RulesFile)
	c.text("server.oper_motd", &s.OperMOTD, &s.OperMOTDFile)
}

func serverName(name string) string {
	if !strings.Contains(name, ".") {
		return "must contain a dot, such as irc.example.org"
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" {
			return "must not start or end with a dot, nor contain two in a row"
		}
		if strings.Trim(label, "-") != label {
			return "must not have a '-' at the start or the end of a part"
		}
		for _, r := range label {
			if !isLetter(r) && !isDigit(r) && r != '-' {
				return "may contain only letters a-z, digits, '-' and dots"
			}
		}
	}
	return ""
}

// TLS says which certificate the TLS listeners show.
type TLS struct {
	Certificate    string `toml:"certificate" example:"fullchain.pem" doc:"The certificate and its chain, a PEM file. Without one the daemon makes its own and keeps it in storage.path; clients then have to be told to trust it."`
	Key            string `toml:"key" example:"privkey.pem" doc:"The private key of the certificate, a PEM file. Both are read again on REHASH and SIGHUP."`
	MinimumVersion string `toml:"minimum_version" default:"1.2" oneof:"1.2|1.3" doc:"The oldest version of TLS that is accepted."`
}

func (t *TLS) check(c *checker) {
	switch {
	case t.Certificate != "" && t.Key == "":
		c.report("tls.certificate", "needs tls.key too: give both or neither")
	case t.Certificate == "" && t.Key != "":
		c.report("tls.key", "needs tls.certificate too: give both or neither")
	}
	c.path("tls.certificate", &t.Certificate)
	c.path("tls.key", &t.Key)
	if t.Certificate != "" && t.Key != "" {
		c.keyPair(t)
	}
}

// keyPair tries the certificate, so that a wrong one is told before the daemon is started or reloaded with it.
func (c *checker) keyPair(t *TLS) {
	certificate, problem := readFile(t.Certificate, maxPEMBytes)
	if problem != "" {
		c.report("tls.certificate", t.Certificate+": "+problem)
	}
	key, keyProblem := readFile(t.Key, maxPEMBytes)
	if keyProblem != "" {
		c.report("tls.key", t.Key+": "+keyProblem)
	}
	if problem != "" || keyProblem != "" {
		return
	}
	if _, err := tls.X509KeyPair(certificate, key); err != nil {
		c.report("tls.certificate", "it and tls.key cannot be used: "+strings.TrimPrefix(err.Error(), "tls: "))
	}
}

// Storage says where the daemon keeps what it must remember.
type Storage struct {
	Path string `toml:"path" default:"bavard-data" min:"1" max:"4096" restart:"true" doc:"The folder of the daemon's own files. It is made when it is missing. Relative paths in this file start from the folder that this file is in."`
}

func (s *Storage) check(c *checker) {
	c.path("storage.path", &s.Path)
}

// The values of Log.Level and Log.Format.
const (
	LevelDebug = "debug"
	LevelInfo  = "info"
	LevelWarn  = "warn"
	LevelError = "error"

	FormatText = "text"
	FormatJSON = "json"
)

// Log says what is logged, and in which form.
type Log struct {
	Level  string `toml:"level" default:"info" oneof:"debug|info|warn|error" doc:"The least important entries that are still written."`
	Format string `toml:"format" default:"text" oneof:"text|json" restart:"true" doc:"The form of an entry: key=value pairs, or one JSON object a line."`
}
