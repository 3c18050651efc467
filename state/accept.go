package state

import "slices"

func (op *ChangeAccept) apply(s *State, st Stamp) *Refusal {
	session, refusal := s.actor(st)
	if refusal != nil {
		return refusal
	}
	u, other := session.user, s.User(op.Nick)
	switch {
	case other == nil:
		return refuseNick(NoSuchNick, "", op.Nick)
	case !op.On:
		if !u.dropAccept(other) {
			return refuseNick(NotAccepted, "", other.nick)
		}
	case slices.Contains(u.accepts, other):
		return refuseNick(AlreadyAccepted, "", other.nick)
	case len(u.accepts) >= AcceptEntries:
		return &Refusal{Code: AcceptFull}
	default:
		u.accept(other)
	}
	return nil
}

// accept and dropAccept update the lists of both users, so that no list keeps a user who has left the network.
func (u *User) accept(other *User) {
	if !slices.Contains(u.accepts, other) {
		u.accepts = append(u.accepts, other)
		other.acceptedBy = append(other.acceptedBy, u)
	}
}

func (u *User) dropAccept(other *User) bool {
	at := slices.Index(u.accepts, other)
	if at < 0 {
		return false
	}
	u.accepts = slices.Delete(u.accepts, at, at+1)
	by := slices.Index(other.acceptedBy, u)
	other.acceptedBy = slices.Delete(other.acceptedBy, by, by+1)
	return true
}

// dropAccepts removes a user who has left the network from all ACCEPT lists. Any number of users may have accepted
// them.
func (u *User) dropAccepts() {
	for len(u.accepts) > 0 {
		u.dropAccept(u.accepts[0])
	}
	for _, by := range u.acceptedBy {
		at := slices.Index(by.accepts, u)
		by.accepts = slices.Delete(by.accepts, at, at+1)
	}
	u.acceptedBy = nil
}

// Accepts returns the users who may message this user under mode g, in the order in which they were accepted.
func (u *User) Accepts() []*User { return u.accepts }

// Accepted reports whether the user's caller id (mode g) lets messages from a sender through.
func (u *User) Accepted(from *User) bool {
	return !u.HasMode('g') || u == from || slices.Contains(u.accepts, from)
}
