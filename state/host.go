package state

import "strings"

// ValidHost reports whether a text can be a user's host: at most 63 letters, digits and .:-_/ with no colon first.
func ValidHost(host string) bool {
	if host == "" || len(host) > 63 || host[0] == ':' {
		return false
	}
	for i := 0; i < len(host); i++ {
		b := host[i]
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		if !letter && !strings.ContainsRune(".:-_/", rune(b)) {
			return false
		}
	}
	return true
}

// operHost gives an operator the host of their class. "" restores the previous host, unless it has been changed since.
func (s *State) operHost(u *User, vhost string) {
	if vhost != "" && vhost == u.vhost {
		return // nothing to change, or the host has been changed since
	}
	was := u.host
	if u.vhost != "" && u.host == u.vhost {
		was = u.plainHost
	}
	u.vhost, u.plainHost = "", ""
	if vhost != "" && ValidHost(vhost) {
		u.vhost, u.plainHost = strings.Clone(vhost), was
		was = u.vhost
	}
	s.changeHost(u, u.username, was)
}

// changeHost changes the user name and host that others see.
func (s *State) changeHost(u *User, username, host string) {
	if u.username == username && u.host == host {
		return
	}
	old := u.source
	if u.host == u.firstHost && host != u.host {
		u.unshown = s.order
	}
	u.username, u.host = username, host
	u.refreshSource()
	s.emit(&HostChanged{u, old})
	s.judgeShun(u)
}

func (op *ChangeHost) apply(s *State, st Stamp) *Refusal {
	by, refusal := s.operator(st, PrivSethost)
	target := by
	if op.Nick != "" {
		_, target, refusal = s.forcedUser(st, PrivChghost, op.Nick)
	}
	if refusal != nil {
		return refusal
	}
	username := op.Username
	if username == "" {
		username = target.username
	}
	if !ValidHost(op.Host) || !validUsername(username) || len(username) > s.policy.UserBytes {
		return &Refusal{Code: BadHost, Param: op.Host}
	}
	s.changeHost(target, strings.Clone(username), strings.Clone(op.Host))
	return nil
}

func validUsername(name string) bool {
	for i := 0; i < len(name); i++ {
		if name[i] <= ' ' || name[i] > '~' || strings.IndexByte("!@:*?,", name[i]) >= 0 {
			return false
		}
	}
	return name != ""
}
