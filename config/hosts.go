package config

import (
	"encoding/hex"
	"strings"
)

// minCloakKeyBytes is how long the key of the cloaks must be at least: it is what keeps them from being undone by trying all addresses.
const minCloakKeyBytes = 16

// Hosts says how the host of a user is found out and what others see of it.
type Hosts struct {
	Lookup       bool   `toml:"lookup" default:"true" doc:"Whether the name of a new client's address is looked up. It counts when it leads back to the address; else the address is shown. Addresses of this machine are not looked up."`
	Ident        bool   `toml:"ident" default:"false" doc:"Whether a new client's machine is asked for the user name (RFC 1413). Names that it has not confirmed then start with ~."`
	Cloak        bool   `toml:"cloak" default:"false" doc:"Whether others see a cloak instead of a user's host or address. Users of one network have cloaks with the same end, so that a ban can cover them. IRC operators see what is behind; bans match both."`
	CloakSuffix  string `toml:"cloak_suffix" default:"ip" min:"1" max:"16" doc:"How the cloak of an address ends."`
	CloakKeyFile string `toml:"cloak_key_file" example:"cloak-key.txt" doc:"A file with the secret of the cloaks, at least 32 hexadecimal digits. Without it the daemon makes one and keeps it in storage.path. With another secret all cloaks are others."`

	// CloakKey is the secret itself: from the file, or filled in by who keeps it.
	CloakKey Secret `toml:"-"`
}

func (h *Hosts) check(c *checker) {
	const key = "hosts.cloak_key_file"
	if strings.Trim(h.CloakSuffix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		c.report("hosts.cloak_suffix", "may contain only letters a-z, digits and '-'")
	}
	if h.CloakKeyFile == "" {
		return
	}
	c.path(key, &h.CloakKeyFile)
	text, problem := readFile(h.CloakKeyFile, maxSecretBytes)
	if problem != "" {
		c.report(key, h.CloakKeyFile+": "+problem)
		return
	}
	if h.CloakKey = CloakKeyOf(string(text)); h.CloakKey == "" {
		c.report(key, h.CloakKeyFile+": must hold at least 32 hexadecimal digits, such as 'openssl rand -hex 32' prints")
	}
}

// CloakKeyOf reads the text of a key's file; "" when it is none.
func CloakKeyOf(text string) Secret {
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) < minCloakKeyBytes {
		return ""
	}
	return Secret(raw)
}
