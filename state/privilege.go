package state

// Privilege is a set of things that only an IRC operator may do. Encodings and the configuration use a privilege's
// name; the bits are internal.
type Privilege uint64

// The privileges. A row of privilegeTable says what each allows.
const (
	// PrivOper is IRC operator status itself: every IRC operator has it, and no class gives it.
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
	PrivBackup
)

// PrivilegeInfo describes a privilege for documents.
type PrivilegeInfo struct {
	Privilege Privilege
	Name      string
	Help      string
}

// privilegeTable holds every privilege that a class may give. The check of the configuration, 723 and the documents
// use it.
var privilegeTable = []PrivilegeInfo{
	{PrivAuspex, "auspex", "See addresses, secret channels and invisible users."},
	{PrivBackup, "backup", "Make a backup in the server's own folder (BACKUP)."},
	{PrivChghost, "chghost", "Change a user's host (CHGHOST)."},
	{PrivDefcon, "defcon", "Close parts of the server (DEFCON)."},
	{PrivDie, "die", "Shut the server down (DIE)."},
	{PrivDline, "dline", "Ban addresses and networks (DLINE, ZLINE)."},
	{PrivEline, "eline", "Exempt users from server bans (ELINE)."},
	{PrivFilter, "filter", "Manage the content filter (FILTER)."},
	{PrivGlobops, "globops", "Send messages to all IRC operators (GLOBOPS)."},
	{PrivKill, "kill", "Disconnect users (KILL)."},
	{PrivKline, "kline", "Ban masks and addresses from the server (KLINE, GLINE)."},
	{PrivMetadata, "metadata", "Set the metadata of other users and of channels, and any key (METADATA)."},
	{PrivRedact, "redact", "Delete any user's message in any channel (REDACT)."},
	{PrivRehash, "rehash", "Reload the configuration (REHASH)."},
	{PrivRestart, "restart", "Restart the server (RESTART)."},
	{PrivResv, "resv", "Reserve nicks and channel names (RESV, QLINE, CBAN)."},
	{PrivSajoin, "sajoin", "Join a user to a channel (SAJOIN)."},
	{PrivSakick, "sakick", "Kick members without needing a rank (SAKICK)."},
	{PrivSamode, "samode", "Change a channel's modes without needing a rank (SAMODE)."},
	{PrivSanick, "sanick", "Change a user's nick (SANICK)."},
	{PrivSapart, "sapart", "Remove a user from a channel (SAPART)."},
	{PrivSatopic, "satopic", "Set a channel's topic without needing a rank (SATOPIC)."},
	{PrivSethost, "sethost", "Change one's own host (SETHOST)."},
	{PrivShun, "shun", "Silence users on the whole server (SHUN)."},
	{PrivSnomask, "snomask", "Receive server notices (user mode s), which include addresses."},
	{PrivStats, "stats", "See the STATS reports that are not public."},
	{PrivUban, "uban", "Manage all kinds of server bans (UBAN)."},
	{PrivWallops, "wallops", "Send messages to all users with user mode w (WALLOPS)."},
	{PrivXline, "xline", "Ban real names from the server (XLINE)."},
}

// Privileges lists the privileges in the table's order.
func Privileges() []PrivilegeInfo { return append([]PrivilegeInfo(nil), privilegeTable...) }

// Name returns the name of the first privilege in the set, "" when the set has none that a class can give.
func (p Privilege) Name() string {
	if names := p.names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// Has reports whether the set contains all of other.
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

// privilegesOf returns the set with these names. It skips unknown names, which a newer version may have written.
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

// operator returns the acting user, or a refusal unless they are an IRC operator with this privilege.
func (s *State) operator(st Stamp, need Privilege) (*User, *Refusal) {
	session, refusal := s.actor(st)
	if refusal != nil {
		return nil, refusal
	}
	return session.user, session.user.lacks(need)
}

// lacks returns a refusal unless the user has the privilege. Users who are not IRC operators get a different one than
// operators whose class does not give the privilege.
func (u *User) lacks(need Privilege) *Refusal {
	switch {
	case !u.IsOper():
		return &Refusal{Code: NotOper}
	case !u.Can(need):
		return &Refusal{Code: NoPrivilege, Privilege: need}
	}
	return nil
}
