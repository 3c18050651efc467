package state

// Code is why an operation was refused. commands/refusal.go has the numeric and the FAIL code for each.
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
	OutOfOrder
	CannotLast
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
	TextBlocked
	lastCode
)

// OutOfPlace reports whether the operation was not the next one of its node. No user can cause that.
func (c Code) OutOfPlace() bool { return c == AlreadyApplied || c == OutOfOrder }

// Codes lists every refusal, for the test that each has a row in commands/refusal.go.
func Codes() []Code {
	list := make([]Code, 0, lastCode-1)
	for c := OK + 1; c < lastCode; c++ {
		list = append(list, c)
	}
	return list
}

// Refusal is a user's mistake as a value. commands/refusal.go turns it into a numeric or a FAIL.
type Refusal struct {
	Code Code
	// Channel, Nick, Mode and Param name the subject of the refusal. Those that do not apply are empty.
	Channel string
	Nick    string
	Mode    byte
	Param   string
	// Need is the missing rank (NeedRank), Has the rank that protects Nick (RankProtects).
	Need, Has Rank
	// Until is when the ban or mode behind the refusal ends by itself, by the state's clock; 0: never, or not known.
	Until int64
	// Reason is the reason that was given for the ban behind the refusal.
	Reason string
	// Doing is what the mode forbids (ModeForbids).
	Doing Doing
	// Why explains the refusal where the code alone does not (BadModeParam, CannotRename, ModeForbids, MetadataDenied).
	Why string
	// Text is the kind of text that is blocked (TextBlocked).
	Text TextKind
	// Privilege is the one that an IRC operator lacks (NoPrivilege).
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
