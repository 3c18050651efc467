package state

// Event is something that has happened. Events are rendered into lines under the lock, right after Apply; what they
// point to is the state as it is then.
type Event interface{ event() }

// Registered: a new user is there.
type Registered struct {
	User    *User
	Session *Session
}

// SessionEnded: a connection is over; its user may have others.
type SessionEnded struct {
	Session *Session
	Reason  string
}

// Quitted: a user has left the network, and with it these places in channels. Those who are still there learn of it.
type Quitted struct {
	User    *User
	Reason  string
	Members []*Member
}

// Killed: an IRC operator has ended a user; Quitted and SessionEnded follow.
type Killed struct {
	By, Target *User
	Reason     string
}

// NickChanged: OldSource is what the user was known as.
type NickChanged struct {
	User      *User
	OldSource string
}

// AwayChanged: User.Away tells.
type AwayChanged struct{ User *User }

// Joined: a user has come into a channel.
type Joined struct{ Member *Member }

// Appeared: a member is seen who was hidden (+D), or by those without a rank who did not see him (ToPlain: +u).
type Appeared struct {
	Member  *Member
	ToPlain bool
}

// Vanished: a member is not seen any more by those without a rank (+u).
type Vanished struct{ Member *Member }

// NamesGrown: a member (nil: all in the channel) sees more of the others than before.
type NamesGrown struct {
	Channel *Channel
	Member  *Member
}

// Parted: a user has left a channel; Member is the place that he had.
type Parted struct {
	Channel *Channel
	User    *User
	Reason  string
	Member  *Member
}

// Kicked: a user was removed from a channel; Member is the place that he had.
type Kicked struct {
	Channel *Channel
	// By is nil when the server did it.
	By, Target *User
	Reason     string
	Member     *Member
}

// ChannelEnded: nobody is in it any more; the channel's id is not used again.
type ChannelEnded struct{ Channel *Channel }

// TopicChanged: Channel.Topic tells.
type TopicChanged struct {
	Channel *Channel
	By      *User
}

// Redirected: who joined by an old name is taken to the channel that had it; Joined follows.
type Redirected struct {
	Channel *Channel
	Old     string
}

// Forwarded: who may not enter a channel is taken to another one; Joined follows.
type Forwarded struct {
	Channel *Channel
	Old     string
}

// Invited: Target may join. Who invites need not be told that Target has silenced him (Unheard).
type Invited struct {
	Channel    *Channel
	By, Target *User
	Unheard    bool
}

// ModesChanged: a channel's modes or ranks.
type ModesChanged struct {
	Channel *Channel
	// By is nil when the server did it.
	By      *User
	Changes []ModeChange
}

// UserModesChanged: only the user's own sessions learn of it.
type UserModesChanged struct {
	User    *User
	Changes []ModeChange
}

// Renamed: a channel has another name.
type Renamed struct {
	Channel *Channel
	By      *User
	Old     string
	Reason  string
	// CaseOnly: the names are the same but for case.
	CaseOnly bool
}

// MessageSent: somebody has spoken to a channel or a user; one of Channel and Target is set.
type MessageSent struct {
	Stamp   Stamp
	Kind    MessageKind
	From    *User
	Channel *Channel
	// AtLeast narrows a channel's audience to these ranks and higher ones (STATUSMSG).
	AtLeast Rank
	// Audience is who hears it: AtLeast, or a higher rank when a mode says so.
	Audience Rank
	Target   *User
	// Unheard: Target has silenced the sender, who is not told.
	Unheard bool
	Text    string
	Tags    []Tag
	// Lines are the text of a multiline message, which has no Text.
	Lines []TextPart
	// Shown is the source that others read instead of From's, "" for his own; Relayed: it is that of somebody on another network.
	Shown   string
	Relayed bool
}

// Played reports whether a character says it, or the scene.
func (e *MessageSent) Played() bool { return e.Shown != "" && !e.Relayed }

// Wallops: for all users with mode w.
type Wallops struct {
	From *User
	Text string
}

// OperChanged: what a user may do as an IRC operator is another, or he is one or none now: User.Can and User.IsOper tell.
type OperChanged struct{ User *User }

// HostChanged: a user is seen under another user name or host; OldSource is what he was known as.
type HostChanged struct {
	User      *User
	OldSource string
}

// Announced: a server notice for the IRC operators who have set this letter of it.
type Announced struct {
	Mask byte
	Text string
}

// Declined: a part of the operation was refused; only the actor's session learns of it.
type Declined struct{ Refusal Refusal }

// Configured: Policy is another.
type Configured struct{}

func (*Registered) event()       {}
func (*SessionEnded) event()     {}
func (*Quitted) event()          {}
func (*Killed) event()           {}
func (*NickChanged) event()      {}
func (*AwayChanged) event()      {}
func (*Joined) event()           {}
func (*Appeared) event()         {}
func (*Vanished) event()         {}
func (*NamesGrown) event()       {}
func (*Parted) event()           {}
func (*Kicked) event()           {}
func (*ChannelEnded) event()     {}
func (*TopicChanged) event()     {}
func (*Redirected) event()       {}
func (*Forwarded) event()        {}
func (*Invited) event()          {}
func (*ModesChanged) event()     {}
func (*UserModesChanged) event() {}
func (*Renamed) event()          {}
func (*MessageSent) event()      {}
func (*Wallops) event()          {}
func (*OperChanged) event()      {}
func (*HostChanged) event()      {}
func (*Announced) event()        {}
func (*Declined) event()         {}
func (*Configured) event()       {}
