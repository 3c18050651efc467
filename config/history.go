package config

// History says how much of what was said is kept, and what of it is shown unasked.
type History struct {
	LinesPerChannel  int  `toml:"lines_per_channel" default:"200" min:"0" max:"100000" doc:"How many messages of one channel, or of one private conversation, are kept; 0 keeps nothing at all."`
	EventsPerChannel int  `toml:"events_per_channel" default:"200" min:"0" max:"100000" doc:"How many other events (joins, parts, modes, topics, reactions) of each are kept beside its messages, for clients that can show them; 0 keeps none."`
	Private          bool `toml:"private" default:"true" doc:"Whether private messages are kept, for the two who wrote them. A reload that ends this forgets those that were."`
	TotalSize        Size `toml:"total_size" default:"16MiB" min:"64KiB" max:"16GiB" doc:"How much memory the history of all channels and conversations may use; the oldest goes first."`
	LinesPerRequest  int  `toml:"lines_per_request" default:"100" min:"1" max:"1000" doc:"How many messages one request may ask for."`
	Autoreplay       int  `toml:"autoreplay" default:"0" min:"0" max:"50" doc:"How many of a channel's latest messages are shown to who joins it, unless its operators have set mode H, or the client asks for history by itself. With 0 the operators of each channel decide."`
}

// Bounds are how many messages and other events of one channel or conversation are kept, and about how many bytes in all.
func (h *History) Bounds() (messages, events, bytes int) {
	if h.LinesPerChannel == 0 {
		return 0, 0, int(h.TotalSize)
	}
	return h.LinesPerChannel, h.EventsPerChannel, int(h.TotalSize)
}
