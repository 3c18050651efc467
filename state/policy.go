package state

// Policy is the configuration that rules depend on. It is part of the state, changed by Configure, because all nodes
// must judge alike.
type Policy struct {
	Casemapping Casemapping
	// Ranks in use, as mode letters, e.g. "qov".
	Ranks string
	// Classic: whoever creates a channel is a plain operator and nobody succeeds. Otherwise he is its founder.
	Classic bool
	// OperatorsGrant lets operators give and take operator; otherwise it is the founder's alone.
	OperatorsGrant bool
	// ChannelModes that a new channel has, flag letters, e.g. "nt".
	ChannelModes string
	// UserModes that a new user has, e.g. "i".
	UserModes string

	// Lengths in bytes.
	NickBytes, UserBytes, RealnameBytes, ChannelBytes, TopicBytes, KickBytes, AwayBytes, KeyBytes int
	// Bounds in number.
	ChannelsPerUser, ListEntries, InvitesPerUser, WhowasEntries int

	// RenameRedirect is how long an old channel name leads to the new one, RenameCooldown how long a renamed channel
	// cannot be renamed again, both in nanoseconds; 0: not at all.
	RenameRedirect, RenameCooldown int64

	// MaskBytes bounds a ban mask, so that it fits into a line with its setter and its time.
	MaskBytes int

	// ServerBans bounds the list of server bans. BanPercent is how many of the users, in percent, one of them may hit; 0: any.
	ServerBans, BanPercent int

	// Defcon4 to Defcon1 are what each level of DEFCON closes.
	Defcon4, Defcon3, Defcon2, Defcon1 Measure

	// FilterScore is the score of the content filter at which a user is ended, 0: never; FilterWindow how long a score counts, in
	// nanoseconds.
	FilterScore  int
	FilterWindow int64

	// MetadataKeys bounds the keys of a user or a channel, MetadataKeyBytes and MetadataValueBytes their lengths.
	MetadataKeys, MetadataKeyBytes, MetadataValueBytes int
	// MetadataAllowed are the only keys that others than IRC operators may set; none: any.
	MetadataAllowed []string

	// ReadMarkers bounds the read markers of one user or account, AccountReadMarkers those of all accounts together.
	ReadMarkers, AccountReadMarkers int

	// MultilineBytes and MultilineLines bound a multiline message, its line breaks counted; 0: there are none.
	MultilineBytes, MultilineLines int
	// Relay is about relayed messages, Roleplay about characters.
	Relay    Relaying
	Roleplay Roleplaying
	// RedactWindow is how long an author may take back what he has said, in nanoseconds; 0: at any time.
	RedactWindow int64
}

// DefaultPolicy is a usable policy, for tests and as a base.
func DefaultPolicy() Policy {
	return Policy{
		Casemapping: ASCII, Ranks: "qov", ChannelModes: "nt", UserModes: "i",
		NickBytes: 30, UserBytes: 12, RealnameBytes: 150, ChannelBytes: 64, TopicBytes: 390, KickBytes: 307, AwayBytes: 307, KeyBytes: 32,
		ChannelsPerUser: 50, ListEntries: 100, InvitesPerUser: 20, WhowasEntries: 1000,
		RenameRedirect: 10 * 60 * 1e9, MaskBytes: 200,
		ServerBans: 100_000, BanPercent: 50,
		MetadataKeys: 20, MetadataKeyBytes: 40, MetadataValueBytes: 250,
		ReadMarkers: 250, AccountReadMarkers: 200_000,
		MultilineBytes: 4096, MultilineLines: 100,
		RedactWindow: 24 * 3600 * second,
	}
}

// redirectsPerChannel bounds how many old names of one channel still lead to it; the oldest go first.
const redirectsPerChannel = 8
