package config

// Filter says when the content filter disconnects a user.
type Filter struct {
	Score  int      `toml:"score" default:"10" min:"0" max:"1000" doc:"The score at which a user is disconnected. Each line that matches a pattern adds that pattern's score. 0 means never."`
	Window Duration `toml:"window" default:"10m" min:"1s" max:"7d" doc:"How long a score counts."`
}
