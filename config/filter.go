package config

// Filter says when a user has said too much of what the content filter's patterns match.
type Filter struct {
	Score  int      `toml:"score" default:"10" min:"0" max:"1000" doc:"The score at which a user is disconnected: each line that a pattern matches adds the pattern's. 0 is never."`
	Window Duration `toml:"window" default:"10m" min:"1s" max:"7d" doc:"How long a score counts."`
}
