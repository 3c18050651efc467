package config

// Bans bounds the list of server bans.
type Bans struct {
	Entries int `toml:"entries" default:"100000" min:"1" max:"1000000" doc:"How many server bans, exemptions, shuns and reserved names there may be."`
	MostHit int `toml:"most_hit" default:"50" min:"0" max:"100" doc:"How many of the users, in percent, one server ban of an operator may hit: beyond it, it was a slip. 0 and 100 are any number; so are fewer than 10 users."`
}
