package state

// Policy is the part of the configuration that rules depend on. It belongs to the state, and Configure changes it,
// because all nodes must apply the same rules.
type Policy struct {
	Casemapping Casemapping
	// Ranks in use, as mode letters, e.g. "qov".
	Ranks string
	// Classic: the creator of a channel is a plain operator and there is no succession. Otherwise the creator is its
	// founder.
	Classic bool
	// OperatorsGrant lets operators give and take the rank of operator. Otherwise only the founder may.
	OperatorsGrant bool
	// ChannelModes that a new channel has, flag letters, e.g. "nt".
	ChannelModes string
	// UserModes that a new user has, e.g. "i".
	UserModes string

	// Lengths in bytes.
	NickBytes, UserBytes, RealnameBytes, ChannelBytes, TopicBytes, KickBytes, AwayBytes, KeyBytes int
	// Bounds as numbers of entries.
	ChannelsPerUser, ListEntries, InvitesPerUser, WhowasEntries int

	// RenameRedirect is how long an old channel name redirects to the new one, RenameCooldown how long a renamed channel
	// cannot be renamed again, both in nanoseconds; 0: not at all.
	RenameRedirect, RenameCooldown int64

	// MaskBytes bounds a ban mask, so that it fits into a line with its setter and its time.
	MaskBytes int

	// ServerBans bounds the list of server bans. BanPercent is the greatest share of all users, in percent, that a new one
	// may affect; 0: no limit.
	ServerBans, BanPercent int

	// Defcon4 to Defcon1 are the measures of each level of DEFCON.
	Defcon4, Defcon3, Defcon2, Defcon1 Measure

	// FilterScore is the score of the content filter at which a user is disconnected, 0: never. FilterWindow is how long a
	// score counts, in nanoseconds.
	FilterScore  int
	FilterWindow int64

	// MetadataKeys bounds the number of keys of a user or channel. MetadataKeyBytes and MetadataValueBytes bound their
	// lengths.
	MetadataKeys, MetadataKeyBytes, MetadataValueBytes int
	// MetadataAllowed lists the only keys that users other than IRC operators may set; none: any.
	MetadataAllowed []string

	// ReadMarkers bounds the read markers of one user or account, AccountReadMarkers those of all accounts together.
	ReadMarkers, AccountReadMarkers int

	// MultilineBytes and MultilineLines bound a multiline message, including line breaks; 0: there are no multiline
	// messages.
	MultilineBytes, MultilineLines int
	// Relay is for relayed messages, Roleplay for characters in games.
	Relay    Relaying
	Roleplay Roleplaying
	// RedactWindow is how long authors may delete their messages, in nanoseconds; 0: at any time.
	RedactWindow int64
	// ListBytes bounds the entries of all lists of a channel together: their masks, setters and reasons; 0: no bound.
	ListBytes int
}

// DefaultPolicy returns a usable policy, for tests and as a base.
func DefaultPolicy() Policy {
	return Policy{
		Casemapping: ASCII, Ranks: "qov", ChannelModes: "nt", UserModes: "i",
		NickBytes: 30, UserBytes: 12, RealnameBytes: 150, ChannelBytes: 64, TopicBytes: 390, KickBytes: 307, AwayBytes: 307, KeyBytes: 32,
		ChannelsPerUser: 50, ListEntries: 100, ListBytes: 16 << 10, InvitesPerUser: 20, WhowasEntries: 1000,
		RenameRedirect: 10 * 60 * 1e9, MaskBytes: 200,
		ServerBans: 100_000, BanPercent: 50,
		MetadataKeys: 20, MetadataKeyBytes: 40, MetadataValueBytes: 250,
		ReadMarkers: 250, AccountReadMarkers: 200_000,
		MultilineBytes: 4096, MultilineLines: 100,
		RedactWindow: 24 * 3600 * second,
	}
}

// redirectsPerChannel bounds how many old names redirect to one channel. The oldest ends first.
const redirectsPerChannel = 8
