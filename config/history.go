package config

// History says how much history is kept, and how much of it is shown on joining.
type History struct {
	LinesPerChannel  int      `toml:"lines_per_channel" default:"10000" min:"0" max:"10000000" doc:"How many messages are kept for each channel and each private conversation; 0 turns history off."`
	EventsPerChannel int      `toml:"events_per_channel" default:"1000" min:"0" max:"10000000" doc:"How many other events (joins, parts, modes, topics, reactions) are also kept for each of them, for clients that can show them; 0 keeps none."`
	Private          bool     `toml:"private" default:"true" doc:"Keep private messages, for the two users who wrote them. A reload that turns this off deletes those that were kept."`
	TotalSize        Size     `toml:"total_size" default:"16MiB" min:"64KiB" max:"16GiB" doc:"How much memory history can use. If storage.path is set, memory has only what was said or requested most recently, and the rest is on the disk. Otherwise, the oldest lines are dropped beyond this limit."`
	DiskSize         Size     `toml:"disk_size" default:"1GiB" min:"1MiB" max:"16384GiB" doc:"How much of the disk the history of all channels and conversations can use. Beyond this limit, the oldest lines are deleted."`
	KeepFor          Duration `toml:"keep_for" default:"12w" min:"0" max:"3650d" doc:"How long messages and events are kept; 0 sets no limit on their age."`
	LinesPerRequest  int      `toml:"lines_per_request" default:"100" min:"1" max:"1000" doc:"How many messages one request can ask for."`
	SinceJoining     bool     `toml:"since_joining" default:"false" doc:"Give new channels mode x, with which members can read only the history since they joined. A channel's operators can unset it."`
	Autoreplay       int      `toml:"autoreplay" default:"0" min:"0" max:"50" doc:"How many of a channel's latest messages are shown to a user who joins it. Channel mode H overrides this number, and clients that request history themselves are shown none. With 0, only mode H shows messages."`
}

// Bounds returns how many messages and other events are kept for one channel or conversation, and roughly how many
// bytes in total, on the disk or in memory.
func (h *History) Bounds(onDisk bool) (messages, events, bytes int) {
	bytes = int(h.TotalSize)
	if onDisk {
		bytes = int(h.DiskSize)
	}
	if h.LinesPerChannel == 0 {
		return 0, 0, bytes
	}
	return h.LinesPerChannel, h.EventsPerChannel, bytes
}
