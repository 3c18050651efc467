package config

// Accounts holds the rules for logging in.
type Accounts struct {
	Reauthentication bool `toml:"reauthentication" default:"true" doc:"Let a logged-in client authenticate again, also to a different account."`
}
