package config

// Bans holds the limits of the list of server bans.
type Bans struct {
	Entries int `toml:"entries" default:"100000" min:"1" max:"1000000" doc:"How many server bans, exemptions, shuns and reserved names there can be in total."`
	MostHit int `toml:"most_hit" default:"50" min:"0" max:"100" doc:"How many of the users, in percent, a server ban set by an operator can hit. A ban that would hit more is refused as a mistake. 0 and 100 mean no limit. There is also no limit with fewer than 10 users."`
}
