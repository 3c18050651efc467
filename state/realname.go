package state

import "strings"

// apply: https://ircv3.net/specs/extensions/setname
func (op *SetRealname) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u := session.user
	if !validRealname(op.Text) || len(op.Text) > s.policy.RealnameBytes {
		return &Refusal{Code: BadRealname}
	}
	if op.Text == u.realname {
		return nil
	}
	if why := s.judgeSelf(RealnameText, u); why != "" {
		return &Refusal{Code: CannotChangeRealname, Why: why}
	}
	renamed := *u
	renamed.realname = op.Text
	if len(s.bans.all) > 0 && s.judgeBans(&renamed) != nil {
		return &Refusal{Code: CannotChangeRealname, Why: "That real name is banned from this server"}
	}
	u.realname = strings.Clone(op.Text)
	u.identity++ // for bans of real names
	s.emit(&RealnameChanged{u})
	s.judgeShun(u)
	return nil
}

// validRealname reports whether a real name is visible and fits into a line.
func validRealname(text string) bool {
	return strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "\r\n\x00")
}
