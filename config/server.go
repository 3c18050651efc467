package config

import (
	"crypto/tls"
	"strings"

	"bavard/state"
)

// The values of Server.Casemapping.
const (
	CasemappingASCII   = string(state.ASCII)
	CasemappingRFC1459 = string(state.RFC1459)
)

// Server holds the server's identity and greeting.
type Server struct {
	Name         string `toml:"name" default:"irc.localhost" min:"1" max:"63" doc:"The server's name. It must look like a host name and contain a dot. Clients see it as the sender of the server's own messages."`
	Network      string `toml:"network" default:"Bavard" min:"1" max:"32" doc:"The network's name, without spaces or '='."`
	Icon         string `toml:"icon" example:"https://example.org/icon.svg" max:"300" doc:"The URL of the network's icon, which clients can show. Preferably https."`
	Description  string `toml:"description" default:"A Bavard server" min:"1" max:"150" doc:"One line about the server, shown by WHOIS."`
	Password     Secret `toml:"password" example:"$argon2id$v=19$m=19456,t=2,p=1$..." doc:"A password that every client must give to connect (PASS), as an argon2id hash made with 'bavard hash'. If unset, no password is needed."`
	PasswordFile string `toml:"password_file" example:"password.txt" doc:"A file that contains the hash, instead of password."`
	MOTD         string `toml:"motd" example:"Welcome!\nBe kind." max:"65536" doc:"The message of the day. Put text of several lines between triple quotes."`
	MOTDFile     string `toml:"motd_file" example:"motd.txt" doc:"A file that contains the message of the day, instead of motd. It is read again on REHASH and SIGHUP."`
	Rules        string `toml:"rules" example:"Be kind.\nNo spam." max:"65536" doc:"The text that RULES shows. Put text of several lines between triple quotes."`
	RulesFile    string `toml:"rules_file" example:"rules.txt" doc:"A file that contains the rules, instead of rules. It is read again on REHASH and SIGHUP."`
	OperMOTD     string `toml:"oper_motd" example:"Who watches the watchmen?" max:"65536" doc:"The message that IRC operators get after OPER and from OPERMOTD."`
	OperMOTDFile string `toml:"oper_motd_file" example:"opermotd.txt" doc:"A file that contains this message, instead of oper_motd. It is read again on REHASH and SIGHUP."`
	Casemapping  string `toml:"casemapping" default:"ascii" oneof:"ascii|rfc1459" restart:"true" doc:"Which characters count as equal in nicks and channel names. With 'ascii', these are upper-case and lower-case letters. With 'rfc1459', {}|^ are also the lower-case forms of []\\~."`
	UTF8Only     bool   `toml:"utf8_only" default:"true" restart:"true" doc:"Require all text to be valid UTF-8. If false, any bytes are allowed."`

	ClientTagDeny []string `toml:"client_tag_deny" example:"typing" max:"100" doc:"Client-only tags that the server does not pass on, without their '+'. If the first one is '*', the server passes on only those that follow with a '-' in front: '*', '-typing'."`
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

// serverName returns what is wrong with a server's name, or "".
func serverName(name string) string {
	if !strings.Contains(name, ".") {
		return "must contain a dot, such as irc.example.org"
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" {
			return "must not start or end with a dot, or contain two dots in a row"
		}
		if strings.Trim(label, "-") != label {
			return "must not have a '-' next to a dot, or at the start or end"
		}
		for _, r := range label {
			if !isLetter(r) && !isDigit(r) && r != '-' {
				return "can contain only letters a-z, digits, '-' and dots"
			}
		}
	}
	return ""
}

// TLS holds the certificate of the TLS listeners.
type TLS struct {
	Certificate    string `toml:"certificate" example:"fullchain.pem" doc:"The certificate and its chain, a PEM file. If unset, the daemon makes a self-signed certificate and keeps it in storage.path. Clients then have to be told to trust it."`
	Key            string `toml:"key" example:"privkey.pem" doc:"The certificate's private key, a PEM file. Both files are read again on REHASH and SIGHUP."`
	MinimumVersion string `toml:"minimum_version" default:"1.2" oneof:"1.2|1.3" doc:"The oldest TLS version that is accepted."`
}

func (t *TLS) check(c *checker) {
	switch {
	case t.Certificate != "" && t.Key == "":
		c.report("tls.certificate", "also needs tls.key: set both or neither")
	case t.Certificate == "" && t.Key != "":
		c.report("tls.key", "also needs tls.certificate: set both or neither")
	}
	c.path("tls.certificate", &t.Certificate)
	c.path("tls.key", &t.Key)
	if t.Certificate != "" && t.Key != "" {
		c.keyPair(t)
	}
}

// keyPair tries to load the certificate, so that a bad one is reported before the daemon starts or reloads with it.
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
		c.report("tls.certificate", "cannot be used with tls.key: "+strings.TrimPrefix(err.Error(), "tls: "))
	}
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

// Log says what is logged and in which format.
type Log struct {
	Level  string `toml:"level" default:"info" oneof:"debug|info|warn|error" doc:"The lowest level that is logged."`
	Format string `toml:"format" default:"text" oneof:"text|json" restart:"true" doc:"The format of log entries: key=value pairs, or one JSON object per line."`
}
