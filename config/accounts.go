package config

// Accounts says how clients log in.
type Accounts struct {
	Reauthentication bool `toml:"reauthentication" default:"true" doc:"Whether who is logged in may log in again, to another account too."`
}
