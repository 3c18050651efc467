package state

// ModeInfo describes a mode for documents and answers.
type ModeInfo struct {
	Letter byte
	Name   string
	Kind   ModeKind
	// Param names the parameter, "" when there is none.
	Param string
	// Rank is the lowest rank that may set a channel mode; Oper: only IRC operators may.
	Rank Rank
	Oper bool
	// Secret: only members may see the parameter or the list.
	Secret bool
	// Entry and End are the numerics of a list mode. Join is the numeric of a refused join.
	Entry, End, Join string
	// Restriction is the mode's name in an exemption (+X). Exempt is the rank that is exempt without one.
	Restriction string
	Exempt      Rank
	// Most is the bound of a list mode that has one of its own, otherwise 0.
	Most int
	// Own: users may set it themselves (user modes).
	Own  bool
	Help string
}

// ChannelModes lists the channel modes except ranks, in the table's order.
func ChannelModes() []ModeInfo {
	list := make([]ModeInfo, len(channelModeTable))
	for i, m := range channelModeTable {
		list[i] = m.info()
	}
	return list
}

// UserModes lists the user modes in the table's order.
func UserModes() []ModeInfo {
	list := make([]ModeInfo, len(userModeTable))
	for i, m := range userModeTable {
		list[i] = ModeInfo{Letter: m.letter, Name: m.name, Kind: FlagMode, Own: m.set, Oper: m.oper, Help: m.help}
	}
	return list
}

// ChannelModeInfo describes one channel mode. The description of an unknown letter is empty.
func ChannelModeInfo(letter byte) ModeInfo {
	if m := findChannelMode(letter); m != nil {
		return m.info()
	}
	return ModeInfo{}
}

func (m *channelMode) info() ModeInfo {
	return ModeInfo{
		Letter: m.letter, Name: m.name, Kind: m.kind, Param: m.param, Rank: m.rank, Oper: m.oper, Secret: m.secret,
		Entry: m.lists[0], End: m.lists[1], Join: m.joinNumeric, Restriction: m.restriction, Exempt: m.exempt, Most: m.most, Help: m.help,
	}
}

func (m *channelMode) isKnown(p *Policy) bool { return m.known == nil || m.known(p) }

// KnownChannelModes lists the channel modes that exist under this policy, in the table's order.
func (p *Policy) KnownChannelModes() []ModeInfo {
	var list []ModeInfo
	for i := range channelModeTable {
		if m := &channelModeTable[i]; m.isKnown(p) {
			list = append(list, m.info())
		}
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

// ModeKindOf returns the kind of a channel mode letter that is in use, ranks included.
func (p *Policy) ModeKindOf(letter byte) (ModeKind, bool) {
	if _, found := p.letterRank(letter); found {
		return RankMode, true
	}
	if m := findChannelMode(letter); m != nil {
		return m.kind, true
	}
	return 0, false
}
