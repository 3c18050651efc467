package config

import (
	"strconv"

	"bavard/state"
)

// Metadata holds the limits of METADATA.
type Metadata struct {
	Enabled       bool     `toml:"enabled" default:"true" doc:"Let users and channels have metadata (draft/metadata-2): keys with values, such as an avatar or a web page, that the clients of others can show."`
	MaxKeys       int      `toml:"max_keys" default:"20" min:"1" max:"100" doc:"How many keys a user or a channel can have."`
	MaxKeyBytes   int      `toml:"max_key_bytes" default:"40" min:"8" max:"64" doc:"Maximum length of a key."`
	MaxValueBytes int      `toml:"max_value_bytes" default:"300" min:"1" max:"400" doc:"Maximum length of a value. The actual limit is lower if such a value would not fit in a line with the longest names."`
	MaxSubs       int      `toml:"max_subs" default:"50" min:"1" max:"200" doc:"How many keys a client can subscribe to."`
	AllowedKeys   []string `toml:"allowed_keys" example:"avatar" max:"200" doc:"The only keys that can be set. If unset, any key can. IRC operators with the privilege 'metadata' can always set any key."`
	SyncMembers   int      `toml:"sync_members" default:"100" min:"0" max:"10000" doc:"The largest channel for which a client gets the metadata of all members as soon as it joins. For a larger channel, the client has to ask."`
	SyncPause     Duration `toml:"sync_pause" default:"5s" min:"1s" max:"1h" doc:"How long a client has to wait before it can ask, after joining a larger channel or asking for the metadata of one."`

	ChangesPerMinute int `toml:"changes_per_minute" default:"10" min:"1" max:"6000" doc:"How many changes of metadata a client can make per minute in the long run."`
	ChangesBurst     int `toml:"changes_burst" default:"20" min:"1" max:"1000" doc:"How many changes a client can save up, and so make at once."`
}

func (m *Metadata) check(c *checker) {
	const key = "metadata.allowed_keys"
	for i, name := range m.AllowedKeys {
		switch at := c.at(key, i); {
		case !state.ValidMetadataKey(name):
			c.reportAt(at, "", "a key can contain only letters a-z, digits, '_', '.', '/' and '-': "+strconv.Quote(name))
		case len(name) > m.MaxKeyBytes:
			c.reportAt(at, "", "is longer than metadata.max_key_bytes: "+strconv.Quote(name))
		}
	}
}
