package state

// Op is one operation. It depends only on its fields and its Stamp, and has one encoded form.
type Op interface {
	apply(s *State, st Stamp) *Refusal
}

// ModeChange is one letter of a MODE line. For ranks, Param is a nick. An entry of a list may have a Duration in
// nanoseconds and a Reason. Duration 0 is permanent, except that an entry that exists already keeps its end; -1 is
// always permanent.
type ModeChange struct {
	On       bool
	Letter   byte
	Param    string
	Duration int64
	Reason   string
}

// Tag is a client-only tag, relayed unchanged.
type Tag struct{ Key, Value string }

// MessageKind is PRIVMSG, NOTICE or TAGMSG.
type MessageKind byte

// The kinds of message.
const (
	Privmsg MessageKind = iota
	Notice
	Tagmsg
)

// String is the verb.
func (k MessageKind) String() string {
	switch k {
	case Notice:
		return "NOTICE"
	case Tagmsg:
		return "TAGMSG"
	}
	return "PRIVMSG"
}

// The operations of a session. The stamp's Session acts.
type (
	// Register adds the stamp's session and its user.
	Register struct {
		Nick, Username, Host, Address, Realname string
		Secure                                  bool
		// Fingerprint is the SHA-256 of the client's certificate in lower-case hex, "" when it showed none.
		Fingerprint string
		// RealHost is the host behind Host, which is a cloak then; "" when Host is the real host.
		RealHost string
		// Local: the connection comes from this machine.
		Local bool
		// Account is the account that the client has logged in to before registration, "" for none.
		Account string
		// Metadata is what the client has set before registration. Entries that the policy does not allow are left out.
		Metadata []Metadatum
		// Away is the away message that the client has set before registration, "" for none.
		Away string
		// Marks are the parts of Host, a cloak, each of which is unique to the user's host.
		Marks []string
	}
	// Quit ends the stamp's session, and its user with the last session.
	Quit struct{ Reason string }
	// ChangeNick gives the user a new nick.
	ChangeNick struct{ Nick string }
	// SetAway sets the away message; empty removes it, and AwayUnspecified is away without a message.
	SetAway struct{ Text string }
	// SetUserModes changes the user's own modes.
	SetUserModes struct{ Changes []ModeChange }
	// MakeOper makes the user an IRC operator; the password has been checked.
	MakeOper struct {
		Name string
		// Class is the operator's class, and Privileges are the names of what it allows.
		Class      string
		Privileges []string
		// Snomasks are the server notices that the operator receives, Title is their line in WHOIS, Vhost the host that
		// others see. Each may be "".
		Snomasks, Title, Vhost string
	}
	// Join joins a channel, and creates one that does not exist. By an old name it joins the renamed channel if Follow is
	// set; otherwise the refusal gives the new name.
	Join struct {
		Channel, Key string
		Follow       bool
	}
	// Part leaves a channel.
	Part struct{ Channel, Reason string }
	// SetTopic sets a topic; empty clears it.
	SetTopic struct {
		Channel, Text string
		// Override: an IRC operator acts, whatever their rank.
		Override bool
	}
	// InviteUser invites a user to a channel.
	InviteUser struct{ Channel, Nick string }
	// Kick removes a member.
	Kick struct {
		Channel, Nick, Reason string
		// Override: an IRC operator acts, whatever their rank. It is shown as done by the server.
		Override bool
		// Part: it is shown as if the member had left.
		Part bool
	}
	// SetModes changes a channel's modes and ranks. Each change is judged separately, in order.
	SetModes struct {
		Channel string
		Changes []ModeChange
		// Override: an IRC operator acts, whatever their rank. It is shown as done by the server.
		Override bool
	}
	// Rename gives a channel a new name and keeps everything else.
	Rename struct{ Channel, New, Reason string }
	// Message sends a message to a channel (Target is its name, AtLeast a rank or NoRank) or to a user (Target is a nick).
	// A multiline message has Lines and no Text.
	Message struct {
		Kind    MessageKind
		Target  string
		AtLeast Rank
		Text    string
		Tags    []Tag
		Lines   []TextPart
	}
	// Kill disconnects a user; only IRC operators may.
	Kill struct{ Nick, Reason string }
	// SendWallops sends a message to all users with mode w; only IRC operators may.
	SendWallops struct{ Text string }
)

// The operations of a server.
type (
	// NodeUp records that a node has started. It ends the sessions of the node's earlier life.
	NodeUp struct{}
	// Configure puts a new policy in force.
	Configure struct{ Policy Policy }
	// Expire ends what is due.
	Expire struct{}
	// Announce sends a server notice to the IRC operators whose snomask has this letter.
	Announce struct {
		Mask byte
		Text string
	}
)

// MustLast reports whether nobody may be told of this operation before it is on the disk, even with the setting that
// lets other operations reach the disk a second later: people would not forgive its loss.
func MustLast(op Op) bool {
	switch op.(type) {
	case *AddBan, *RemoveBan, *AddFilter, *RemoveFilter:
		return true
	}
	return false
}
