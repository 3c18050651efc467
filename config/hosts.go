package config

import (
	"encoding/hex"
	"strings"
)

// minCloakKeyBytes is the minimum length of the cloak key. With a short key, cloaks could be undone by trying every key
// and address.
const minCloakKeyBytes = 16

// Hosts says how the server determines a user's host, and what others see of it.
type Hosts struct {
	Lookup       bool   `toml:"lookup" default:"true" doc:"Look up the host name of each new client. The name is used only if it resolves back to the client's address; otherwise the address is shown. Loopback addresses are not looked up."`
	Ident        bool   `toml:"ident" default:"false" doc:"Ask the machine of each new client for the user name (RFC 1413). User names that it does not confirm then start with ~."`
	Cloak        bool   `toml:"cloak" default:"false" doc:"Show others a cloak instead of a user's host or address. Cloaks of users in the same network end alike (*.b.c.ip is a /24, *.c.ip a /16), so that one ban can cover them all. IRC operators see what is behind the cloak. Server bans match both. Channel bans match the cloak, and what is behind it only if an IRC operator who sees that set them."`
	CloakSuffix  string `toml:"cloak_suffix" default:"ip" min:"1" max:"16" doc:"The end of a cloak that stands for an address."`
	CloakKeyFile string `toml:"cloak_key_file" example:"cloak-key.txt" doc:"A file that contains the secret key for cloaks, at least 32 hexadecimal digits. If unset, the daemon makes one and keeps it in storage.path. A different key changes all cloaks."`

	// CloakKey is the key itself. It comes from the file; if there is none, the caller of Load sets it.
	CloakKey Secret `toml:"-"`
}

func (h *Hosts) check(c *checker) {
	const key = "hosts.cloak_key_file"
	if strings.Trim(h.CloakSuffix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		c.report("hosts.cloak_suffix", "can contain only letters a-z, digits and '-'")
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
		c.report(key, h.CloakKeyFile+": must contain at least 32 hexadecimal digits, such as 'openssl rand -hex 32' prints")
	}
}

// CloakKeyOf parses the text of a key file. It returns "" if the text is not a key.
func CloakKeyOf(text string) Secret {
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) < minCloakKeyBytes {
		return ""
	}
	return Secret(raw)
}
