package state

// Privilege is a set of things that an IRC operator may do and others may not. In encodings and in the configuration a
// privilege has its name; the bits are this program's own.
type Privilege uint64

// The privileges. A row of privilegeTable says what each allows.
const (
	// PrivOper is being an IRC operator: every one has it, and no class gives it.
	PrivOper Privilege = 1 << iota
	PrivAuspex
	PrivChghost
	PrivDie
	PrivGlobops
	PrivKill
	PrivRehash
	PrivRestart
	PrivSajoin
	PrivSakick
	PrivSamode
	PrivSanick
	PrivSapart
	PrivSatopic
	PrivSethost
	PrivSnomask
	PrivStats
	PrivWallops
	PrivUban
	PrivKline
	PrivDline
	PrivEline
	PrivShun
	PrivXline
	PrivResv
	PrivDefcon
	PrivFilter
	PrivMetadata
	PrivRedact
)

// PrivilegeInfo describes a privilege for documents.
type PrivilegeInfo struct {
	Privilege Privilege
	Name      string
	Help      string
}

// privilegeTable: every privilege that a class may give. The configuration's check, 723 and the documents follow.
var privilegeTable = []PrivilegeInfo{
	{PrivAuspex, "auspex", "See addresses, secret channels and invisible users."},
	{PrivChghost, "chghost", "Change somebody's host (CHGHOST)."},
	{PrivDefcon, "defcon", "Close parts of the server (DEFCON)."},
	{PrivDie, "die", "End the server (DIE)."},
	{PrivDline, "dline", "Ban addresses and networks (DLINE, ZLINE)."},
	{PrivEline, "eline", "Exempt from server bans (ELINE)."},
	{PrivFilter, "filter", "Set patterns of what users must not say (FILTER)."},
	{PrivGlobops, "globops", "Speak to all IRC operators (GLOBOPS)."},
	{PrivKill, "kill", "End somebody's connection (KILL)."},
	{PrivKline, "kline", "Ban masks and addresses from the server (KLINE, GLINE)."},
	{PrivMetadata, "metadata", "Set the metadata of other users and of channels, and any key (METADATA)."},
	{PrivRedact, "redact", "Delete anybody's message in any channel (REDACT)."},
	{PrivRehash, "rehash", "Read the configuration again (REHASH)."},
	{PrivRestart, "restart", "Start the server anew (RESTART)."},
	{PrivResv, "resv", "Reserve nicks and channel names (RESV, QLINE, CBAN)."},
	{PrivSajoin, "sajoin", "Put somebody into a channel (SAJOIN)."},
	{PrivSakick, "sakick", "Kick whatever one's rank (SAKICK)."},
	{PrivSamode, "samode", "Change modes whatever one's rank (SAMODE)."},
	{PrivSanick, "sanick", "Change somebody's nick (SANICK)."},
	{PrivSapart, "sapart", "Take somebody out of a channel (SAPART)."},
	{PrivSatopic, "satopic", "Set a topic whatever one's rank (SATOPIC)."},
	{PrivSethost, "sethost", "Change one's own host (SETHOST)."},
	{PrivShun, "shun", "Let nobody hear somebody (SHUN)."},
	{PrivSnomask, "snomask", "Receive server notices (user mode s), which tell addresses too."},
	{PrivStats, "stats", "See the reports of STATS that are not for everybody."},
	{PrivUban, "uban", "All kinds of server bans (UBAN)."},
	{PrivWallops, "wallops", "Speak to all who listen (WALLOPS)."},
	{PrivXline, "xline", "Ban real names from the server (XLINE)."},
}

// Privileges lists the privileges in the table's order.
func Privileges() []PrivilegeInfo { return append([]PrivilegeInfo(nil), privilegeTable...) }

// Name is the name of the first privilege in the set, "" when there is none that a class gives.
func (p Privilege) Name() string {
	if names := p.names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// Has tells whether the set contains all of other.
func (p Privilege) Has(other Privilege) bool { return p&other == other }

func (p Privilege) names() []string {
	var list []string
	for _, row := range privilegeTable {
		if p.Has(row.Privilege) {
			list = append(list, row.Name)
		}
	}
	return list
}

// privilegesOf reads names. One that is not known is left out: a newer program may know more.
func privilegesOf(names []string) Privilege {
	var p Privilege
	for _, name := range names {
		for _, row := range privilegeTable {
			if row.Name == name {
				p |= row.Privilege
			}
		}
	}
	return p
}

func allPrivileges() Privilege {
	var p Privilege
	for _, row := range privilegeTable {
		p |= row.Privilege
	}
	return p
}

// operator is the acting user, who must be an IRC operator with this privilege.
func (s *State) operator(st Stamp, need Privilege) (*User, *Refusal) {
	session, refusal := s.actor(st)
	if refusal != nil {
		return nil, refusal
	}
	return session.user, session.user.lacks(need)
}

// lacks refuses who has not the privilege: others than operators, and operators, are told different things.
func (u *User) lacks(need Privilege) *Refusal {
	switch {
	case !u.IsOper():
		return &Refusal{Code: NotOper}
	case !u.Can(need):
		return &Refusal{Code: NoPrivilege, Privilege: need}
	}
	return nil
}
