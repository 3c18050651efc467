package state

import (
	"strconv"
	"strings"
)

// ModeKind says how a channel mode takes parameters.
// https://modern.ircdocs.horse/#mode-message
type ModeKind byte

// The four kinds of CHANMODES, and ranks, which PREFIX lists.
const (
	ListMode    ModeKind = 'A' // a list of masks
	AlwaysParam ModeKind = 'B' // a parameter to set and to unset
	SetParam    ModeKind = 'C' // a parameter to set only
	FlagMode    ModeKind = 'D' // no parameter
	RankMode    ModeKind = 'P' // a member's rank
)

// channelMode is one row of the table of channel modes.
type channelMode struct {
	letter byte
	name   string
	kind   ModeKind
	// rank is the lowest that may set it.
	rank Rank
	// check judges and tidies a parameter; "" with ok=false refuses it, and why says what is wrong.
	check func(p *Policy, param string) (tidy, why string, ok bool)
	// join and speak are the mode's effect: they refuse, or return OK. They are only asked when the mode is set.
	join  func(*entry) Code
	speak func(*speech) Code
	help  string
}

// channelModeTable: every channel mode that is no rank. MODE parsing, 004, CHANMODES, 324 and the answers follow.
var channelModeTable = []channelMode{
	{letter: 'b', name: "ban", kind: ListMode, rank: HalfOperator, check: checkMask, join: joinBan, speak: speakBan,
		help: "Whoever matches a mask may neither join nor, unless voiced, speak."},
	{letter: 'e', name: "exception", kind: ListMode, rank: Operator, check: checkMask,
		help: "Whoever matches a mask is exempt from bans."},
	{letter: 'I', name: "invite exception", kind: ListMode, rank: Operator, check: checkMask,
		help: "Whoever matches a mask needs no invitation."},
	{letter: 'k', name: "key", kind: AlwaysParam, rank: Operator, check: checkKey, join: joinKey,
		help: "Joining takes this key."},
	{letter: 'l', name: "limit", kind: SetParam, rank: Operator, check: checkLimit, join: joinLimit,
		help: "At most so many members."},
	{letter: 'C', name: "no CTCP", kind: FlagMode, rank: Operator, speak: speakNoCTCP,
		help: "No CTCP to the channel, but for /me."},
	{letter: 'i', name: "invite-only", kind: FlagMode, rank: Operator, join: joinInvite,
		help: "Joining takes an invitation."},
	{letter: 'm', name: "moderated", kind: FlagMode, rank: Operator, speak: speakModerated,
		help: "Only voiced members and those above speak."},
	{letter: 'n', name: "no external messages", kind: FlagMode, rank: Operator, speak: speakExternal,
		help: "Only members speak."},
	{letter: 's', name: "secret", kind: FlagMode, rank: Operator,
		help: "The channel shows in no list, and in WHOIS only to members."},
	{letter: 't', name: "protected topic", kind: FlagMode, rank: Operator,
		help: "Only half-operators and those above set the topic."},
}

// userMode is one row of the table of user modes.
type userMode struct {
	letter byte
	name   string
	// set and unset tell whether the user may do so himself; otherwise the server does.
	set, unset bool
	help       string
}

// userModeTable: every user mode.
var userModeTable = []userMode{
	{'B', "bot", true, true, "Marks a bot."},
	{'Z', "secure", false, false, "Every connection of the user is encrypted; the server sets it."},
	{'i', "invisible", true, true, "Seen in WHO and NAMES only by those who share a channel."},
	{'o', "IRC operator", false, true, "Set by OPER; may be given up."},
	{'w', "wallops", true, true, "Receives WALLOPS."},
}

// ModeInfo describes a mode for documents and answers.
type ModeInfo struct {
	Letter byte
	Name   string
	Kind   ModeKind
	Rank   Rank
	Help   string
}

// ChannelModes lists the channel modes in the table's order, ranks apart.
func ChannelModes() []ModeInfo {
	list := make([]ModeInfo, len(channelModeTable))
	for i, m := range channelModeTable {
		list[i] = ModeInfo{m.letter, m.name, m.kind, m.rank, m.help}
	}
	return list
}

// UserModes lists the user modes in the table's order.
func UserModes() []ModeInfo {
	list := make([]ModeInfo, len(userModeTable))
	for i, m := range userModeTable {
		list[i] = ModeInfo{Letter: m.letter, Name: m.name, Kind: FlagMode, Help: m.help}
	}
	return list
}

func findChannelMode(letter byte) *channelMode {
	for i := range channelModeTable {
		if channelModeTable[i].letter == letter {
			return &channelModeTable[i]
		}
	}
	return nil
}

func findUserMode(letter byte) *userMode {
	for i := range userModeTable {
		if userModeTable[i].letter == letter {
			return &userModeTable[i]
		}
	}
	return nil
}

// ModeKindOf is the kind of a channel mode letter among those in use, ranks included.
func (p *Policy) ModeKindOf(letter byte) (ModeKind, bool) {
	if _, found := p.letterRank(letter); found {
		return RankMode, true
	}
	if m := findChannelMode(letter); m != nil {
		return m.kind, true
	}
	return 0, false
}

func checkMask(p *Policy, param string) (tidy, why string, ok bool) {
	tidy, _, ok = p.parseMask(param, extbanDepth)
	if !ok {
		return "", "Not a mask: give nick!user@host or an extended ban, at most " + strconv.Itoa(p.MaskBytes) + " bytes", false
	}
	return tidy, "", true
}

// checkKey: a key with a space or a comma could not be given in a JOIN.
// https://modern.ircdocs.horse/#key-channel-mode
func checkKey(p *Policy, param string) (tidy, why string, ok bool) {
	if len(param) > p.KeyBytes {
		return "", "A key has at most " + strconv.Itoa(p.KeyBytes) + " bytes", false
	}
	if strings.ContainsAny(param, " ,") || param[0] == ':' {
		return "", "A key has no space or comma and does not start with a colon", false
	}
	for _, r := range param {
		if r < ' ' || r == 0x7f {
			return "", "A key has no control characters", false
		}
	}
	return param, "", true
}

func checkLimit(_ *Policy, param string) (tidy, why string, ok bool) {
	n, err := strconv.Atoi(param)
	if err != nil || n < 1 || n > 1_000_000 {
		return "", "A limit is a number from 1 to 1000000", false
	}
	return strconv.Itoa(n), "", true
}
