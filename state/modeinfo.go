package state

// ModeInfo describes a mode for documents and answers.
type ModeInfo struct {
	Letter byte
	Name   string
	Kind   ModeKind
	// Param names the parameter, "" when there is none.
	Param string
	// Rank is the lowest that may set a channel mode; Oper: only IRC operators.
	Rank Rank
	Oper bool
	// Secret: the parameter or the list is for members only.
	Secret bool
	// Entry and End are the numerics of a list mode, Join is the one of a refused join.
	Entry, End, Join string
	// Restriction is the name by which an exemption (+X) moves the rank that is exempt, which is Exempt otherwise.
	Restriction string
	Exempt      Rank
	// Most bounds a list mode more narrowly than all lists together are; 0: it does not.
	Most int
	// Own: users may set it themselves (user modes).
	Own  bool
	Help string
}

// ChannelModes lists the channel modes in the table's order, ranks apart.
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

// ChannelModeInfo describes one channel mode; a letter that is none gives an empty description.
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

// KnownChannelModes are those that there are under this policy, in the table's order.
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
