package state

import "slices"

// User is a presence on the network: a nick and the sessions that share it.
type User struct {
	id       UserID
	nick     string
	username string
	host     string
	address  string // the IP address as text, "" when hidden or not known
	realname string
	account  *Account // nil: not logged in
	oper     string   // name of the operator block, "" for users who are no IRC operator
	class    string   // of operators
	title    string   // an operator's line in WHOIS, "" for the usual one
	vhost    string   // the host that the operator's class gives, "" when it gives none
	// plainHost is the host that vhost stands for.
	plainHost  string
	privileges Privilege
	snomask    letterSet
	away       string
	modes      letterSet
	signon     int64
	active     int64
	sessions   []*Session
	members    []*Member // in the order of joining
	invites    []Invite  // oldest first

	// fingerprint is that of the certificate of the user's first session, "" without one.
	fingerprint string
	// realHost is the name of the user's address, or the address itself. firstHost is the host that was shown at
	// registration: a cloak, or realHost. The host may have been changed since.
	realHost, firstHost string
	// unshown is the order of the operation that replaced firstHost; it counts while the host is different.
	unshown uint64
	// marks are the parts of firstHost, a cloak, each of which is unique to the user's host.
	marks []string

	shunned bool // see ShunChanged

	score      int   // the score of the content filter
	scoreSince int64 // when it began

	metadata Metadata
	markers  markers // the read markers of a guest; State holds those of accounts

	source string // nick!user@host, kept because every line needs it
	// accepts are the users who may send messages to this user under mode g, and acceptedBy the users who accept this one.
	// callerTold is when the user was last told of a message that was held back. silences are their SILENCE masks.
	accepts, acceptedBy []*User
	callerTold          int64
	silences            []silence

	// identity grows with each change of a property that masks are compared with; see Member.banned.
	identity uint32
}

// Session is one connection of a user.
type Session struct {
	id     SessionID
	node   NodeID
	user   *User
	secure bool
	signon int64
	// Local is for the node that holds the connection, which finds its own part of the session here without a look-up. The
	// state never reads it, and snapshots leave it out.
	Local any
}

// ID is the user's identity. Unlike the nick, it never changes.
func (u *User) ID() UserID { return u.id }

// Nick is the user's current nickname.
func (u *User) Nick() string { return u.nick }

// Username is the user name, as the client gave it.
func (u *User) Username() string { return u.username }

// Host is the host that others see after the @.
func (u *User) Host() string { return u.host }

// Address is the IP address as text, "" when it is not known.
func (u *User) Address() string { return u.address }

// RealHost is the host that the user connects from. Only the user and IRC operators may see it.
func (u *User) RealHost() string { return u.realHost }

// hosts returns every host that a server ban may match: the one that others see, the first one that they saw, the real
// one and the address; each once.
func (u *User) hosts() (list [4]string, n int) {
	for _, host := range [...]string{u.host, u.firstHost, u.realHost, u.address} {
		if host != "" && !slices.Contains(list[:n], host) {
			list[n] = host
			n++
		}
	}
	return list, n
}

// Realname is the free text that the client gave.
func (u *User) Realname() string { return u.realname }

// Fingerprint is the SHA-256 of the certificate that the client showed, in lower-case hex; "" when it showed none.
func (u *User) Fingerprint() string { return u.fingerprint }

// Account is the account's name, "" when the user has not logged in.
func (u *User) Account() string {
	if u.account == nil {
		return ""
	}
	return u.account.name
}

// AccountID is the identity of the user's account, 0 when the user has not logged in.
func (u *User) AccountID() AccountID {
	if u.account == nil {
		return 0
	}
	return u.account.id
}

// Source is nick!user@host.
// https://modern.ircdocs.horse/#source
func (u *User) Source() string { return u.source }

// AwayUnspecified is the away message of a user who is away without a message, such as a client that no person is
// looking at.
// https://ircv3.net/specs/extensions/pre-away#implementation
const AwayUnspecified = "*"

// Away is the away message, "" when the user is not away.
func (u *User) Away() string { return u.away }

// Oper is the name of the user's operator block, "" when they are no IRC operator.
func (u *User) Oper() string { return u.oper }

// OperClass is the name of an IRC operator's class.
func (u *User) OperClass() string { return u.class }

// OperTitle is an IRC operator's line in WHOIS, "" for the usual one.
func (u *User) OperTitle() string { return u.title }

// Privileges are the user's privileges as an IRC operator.
func (u *User) Privileges() Privilege { return u.privileges }

// Can reports whether the user is an IRC operator with this privilege.
func (u *User) Can(p Privilege) bool { return u.privileges.Has(p) }

// Snomask is the server notices that an IRC operator receives, such as "+ck"; "+" is none.
func (u *User) Snomask() string { return snomaskText(u.snomask) }

// Hears reports whether the user receives server notices of this letter.
func (u *User) Hears(letter byte) bool { return u.snomask.has(letter) }

// IsOper reports whether the user is an IRC operator.
func (u *User) IsOper() bool { return u.oper != "" }

// HasMode reports whether a user mode is set.
func (u *User) HasMode(letter byte) bool { return u.modes.has(letter) }

// Modes returns the user's modes, such as "+iZ".
func (u *User) Modes() string { return "+" + u.modes.String() }

// Signon returns when the user registered, by the time of day.
func (u *User) Signon() int64 { return u.signon }

// Active returns when the user last sent a message, by the state's clock.
func (u *User) Active() int64 { return u.active }

// Sessions are the user's connections, the oldest first.
func (u *User) Sessions() []*Session { return u.sessions }

// Members are the user's memberships of channels, in the order of joining.
func (u *User) Members() []*Member { return u.members }

// ID is the session's identity.
func (s *Session) ID() SessionID { return s.id }

// Node is the machine that holds the connection.
func (s *Session) Node() NodeID { return s.node }

// User is whose session it is.
func (s *Session) User() *User { return s.user }

// Secure reports whether the connection is safe from eavesdropping: it uses TLS or comes from this machine.
func (s *Session) Secure() bool { return s.secure }

// Member returns the user's membership of a channel, or nil. Users are in few channels, so the search is short.
func (u *User) Member(c *Channel) *Member {
	for _, m := range u.members {
		if m.channel == c {
			return m
		}
	}
	return nil
}

// refreshSource updates what depends on nick, user name and host after a change of one of them.
func (u *User) refreshSource() {
	u.source = u.nick + "!" + u.username + "@" + u.host
	u.identity++
}
