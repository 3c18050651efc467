package state

// Code says why an operation was refused. Each has its numeric and its FAIL code in commands/refusal.go.
type Code int

// The refusals. Each states the fact.
const (
	OK Code = iota
	NoSuchNick
	NoSuchChannel
	BadChannelName
	NotOnChannel
	UserNotInChannel
	UserOnChannel
	NickInUse
	BadNick
	TooManyChannels
	ChannelRenamed
	ModeForbids
	UserModeForbids
	AlreadyAccepted
	NotAccepted
	AcceptFull
	SilenceFull
	BadMask
	NeedRank
	RankProtects
	FounderHandsOver
	KickSelf
	UnknownMode
	BadModeParam
	ListFull
	UnknownUserMode
	ChannelNameInUse
	CannotRename
	NoSuchSession
	AlreadyRegistered
	NotOper
	AlreadyApplied
	ServerBanned
	ReservedNick
	ReservedChannel
	BadBan
	BanExists
	NoSuchBan
	BansFull
	NoPrivilege
	UnknownSnomask
	BadHost
	BadRealname
	CannotChangeRealname
	BadLevel
	DoorClosed
	NoNewChannels
	TalkClosed
	AlreadyInside
	ChannelOpen
	TooManyKnocks
	BadFilter
	BadAccount
	NoMetadataTarget
	BadMetadataKey
	BadMetadataValue
	MetadataDenied
	MetadataNotSet
	MetadataFull
	BadMultiline
	BadRelayNick
	CannotRelay
	RelayBanned
	CannotPlay
	RedactForbidden
	RedactExpired
	lastCode
)

// Codes lists every refusal, for the test that each can be told.
func Codes() []Code {
	list := make([]Code, 0, lastCode-1)
	for c := OK + 1; c < lastCode; c++ {
		list = append(list, c)
	}
	return list
}

// Refusal is the user's mistake, as a value: one function turns it into a numeric or a FAIL.
type Refusal struct {
	Code Code
	// Channel, Nick, Mode and Param are what the refusal is about, as far as there is something to name.
	Channel string
	Nick    string
	Mode    byte
	Param   string
	// Need is the rank that is missing (NeedRank), Has the one that protects Nick (RankProtects).
	Need, Has Rank
	// Until is when what refuses ends by itself, in nanoseconds; 0: it does not, or that is not known.
	Until int64
	// Reason is what somebody gave as his reason for what refuses.
	Reason string
	// Doing is what the mode forbids (ModeForbids).
	Doing Doing
	// Why adds words where the code alone does not tell (BadModeParam, CannotRename, ModeForbids, MetadataDenied).
	Why string
	// Privilege is what an IRC operator lacks (NoPrivilege).
	Privilege Privilege
}

// Error makes a refusal printable in tests and logs; it is never treated as an error.
func (r *Refusal) Error() string {
	return "refused: " + r.Channel + " " + r.Nick + " " + r.Param + " " + r.Why
}

func refuse(code Code, channel string) *Refusal { return &Refusal{Code: code, Channel: channel} }

func refuseNick(code Code, channel, nick string) *Refusal {
	return &Refusal{Code: code, Channel: channel, Nick: nick}
}

func needRank(channel string, need Rank) *Refusal {
	return &Refusal{Code: NeedRank, Channel: channel, Need: need}
}
