package config

// Storage says where the daemon keeps its data, and how safely.
type Storage struct {
	Path         string   `toml:"path" default:"bavard-data" max:"4096" restart:"true" doc:"The directory for the daemon's own files. It is created if missing. Relative paths in this file start from the directory that contains this file. With an empty path nothing is written to the disk: channels, bans and history are lost when the daemon ends."`
	Sync         string   `toml:"sync" default:"interval" oneof:"interval|always" restart:"true" doc:"When to sync what users do to the disk. In both cases it survives a crash of the daemon. With 'interval', a power failure can lose about the last second. With 'always', a power failure cannot lose anything that anybody has seen, but every line waits for the disk. Server bans and content filters are synced at once in both cases."`
	SnapshotSize Size     `toml:"snapshot_size" default:"64MiB" min:"1MiB" max:"16GiB" restart:"true" doc:"How much the journal of operations can grow before a snapshot replaces it. The larger the journal is, the longer a start can take."`
	SnapshotAge  Duration `toml:"snapshot_age" default:"6h" min:"1m" max:"30d" restart:"true" doc:"How old a snapshot can become before the next one is written."`
}

// The values of Storage.Sync.
const (
	SyncInterval = "interval"
	SyncAlways   = "always"
)

func (s *Storage) check(c *checker) {
	c.path("storage.path", &s.Path)
}
