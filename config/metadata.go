package config

import "strconv"

// Metadata bounds what users and channels tell of themselves with METADATA.
type Metadata struct {
	Enabled       bool     `toml:"enabled" default:"true" doc:"Whether users and channels may carry metadata (draft/metadata-2): keys with values, such as an avatar or a web page, that others' clients show."`
	MaxKeys       int      `toml:"max_keys" default:"20" min:"1" max:"100" doc:"How many keys a user or a channel may have."`
	MaxKeyBytes   int      `toml:"max_key_bytes" default:"40" min:"8" max:"64" doc:"The longest key."`
	MaxValueBytes int      `toml:"max_value_bytes" default:"300" min:"1" max:"400" doc:"The longest value. Shorter when it would not fit in a line with the longest names."`
	MaxSubs       int      `toml:"max_subs" default:"50" min:"1" max:"200" doc:"How many keys a client may subscribe to."`
	AllowedKeys   []string `toml:"allowed_keys" example:"avatar" max:"200" doc:"The only keys that may be set. Without them every key may. IRC operators with the privilege 'metadata' may set any."`
	SyncMembers   int      `toml:"sync_members" default:"100" min:"0" max:"10000" doc:"The largest channel of which a client is told all its members' metadata as soon as it joins. Of a larger one it has to ask for it."`
	SyncPause     Duration `toml:"sync_pause" default:"5s" min:"1s" max:"1h" doc:"How long a client waits after joining a larger channel, or asking about one, before it may ask again."`

	ChangesPerMinute int `toml:"changes_per_minute" default:"10" min:"1" max:"6000" doc:"How many changes of metadata a client may make in a minute, in the long run."`
	ChangesBurst     int `toml:"changes_burst" default:"20" min:"1" max:"1000" doc:"How many changes a client that was quiet may make at once."`
}

func (m *Metadata) check(c *checker) {
	const key = "metadata.allowed_keys"
	for i, name := range m.AllowedKeys {
		switch at := c.at(key, i); {
		case name == "" || !onlyKeyLetters(name):
			c.reportAt(at, "", "a key has only letters a-z, digits and '_', '.', '/', '-': "+strconv.Quote(name))
		case len(name) > m.MaxKeyBytes:
			c.reportAt(at, "", "is longer than metadata.max_key_bytes: "+strconv.Quote(name))
		}
	}
}

// onlyKeyLetters: https://ircv3.net/specs/extensions/metadata#keys-and-values
func onlyKeyLetters(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '.' && r != '/' && r != '-' {
			return false
		}
	}
	return true
}
