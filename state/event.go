package state

// Event is something that has happened. Events are rendered into lines under the lock, right after Apply, and point
// into the state as it is at that moment.
type Event interface{ event() }

// Registered: a new user has come online.
type Registered struct {
	User    *User
	Session *Session
}

// SessionEnded: a connection has ended. Its user may have others.
type SessionEnded struct {
	Session *Session
	Reason  string
}

// Quitted: a user has left the network and, with it, these memberships. The members who stay are told.
type Quitted struct {
	User    *User
	Reason  string
	Members []*Member
}

// Killed: an IRC operator has disconnected a user. Quitted and SessionEnded follow.
type Killed struct {
	By, Target *User
	Reason     string
}

// NickChanged: a user has a new nick. OldSource is their previous source.
type NickChanged struct {
	User      *User
	OldSource string
}

// AwayChanged: a user is away, or back; see User.Away.
type AwayChanged struct{ User *User }

// Joined: a user has joined a channel.
type Joined struct{ Member *Member }

// Appeared: a member who was hidden (+D) is now visible or, with ToPlain, a member who was visible only to higher
// ranks (+u) is now visible to members without a rank.
type Appeared struct {
	Member  *Member
	ToPlain bool
}

// Vanished: members without a rank no longer see this member (+u).
type Vanished struct{ Member *Member }

// NamesGrown: a member (nil: every member) sees more of the other members than before.
type NamesGrown struct {
	Channel *Channel
	Member  *Member
}

// Parted: a user has left a channel. Member is their former membership.
type Parted struct {
	Channel *Channel
	User    *User
	Reason  string
	Member  *Member
}

// Kicked: a user has been removed from a channel. Member is their former membership.
type Kicked struct {
	Channel *Channel
	// By is nil when the server did it.
	By, Target *User
	Reason     string
	Member     *Member
}

// ChannelEnded: a channel has no members left and is gone. Its id is never used again.
type ChannelEnded struct{ Channel *Channel }

// TopicChanged: a channel has a new topic; see Channel.Topic.
type TopicChanged struct {
	Channel *Channel
	By      *User
}

// Redirected: a user who joined by a channel's old name is taken to the renamed channel. Joined follows.
type Redirected struct {
	Channel *Channel
	Old     string
}

// Forwarded: a user who cannot join a channel is taken to a different one (+f, +L). Joined follows.
type Forwarded struct {
	Channel *Channel
	Old     string
}

// Invited: Target has been invited. Unheard: Target ignores the inviter (SILENCE), who must not be told.
type Invited struct {
	Channel    *Channel
	By, Target *User
	Unheard    bool
}

// ModesChanged: a channel's modes or its members' ranks have changed.
type ModesChanged struct {
	Channel *Channel
	// By is nil when the server did it.
	By      *User
	Changes []ModeChange
}

// UserModesChanged: a user's modes have changed. Only their own sessions are told.
type UserModesChanged struct {
	User    *User
	Changes []ModeChange
}

// Renamed: a channel has a new name.
type Renamed struct {
	Channel *Channel
	By      *User
	Old     string
	Reason  string
	// CaseOnly: the names differ only in case.
	CaseOnly bool
}

// MessageSent: a user has sent a message to a channel or a user. Either Channel or Target is set.
type MessageSent struct {
	Stamp   Stamp
	Kind    MessageKind
	From    *User
	Channel *Channel
	// AtLeast narrows a channel's audience to these ranks and higher ones (STATUSMSG).
	AtLeast Rank
	// Audience is the lowest rank that receives the message: AtLeast, or a higher one when a mode demands it.
	Audience Rank
	Target   *User
	// Unheard: Target ignores the sender (SILENCE), who must not be told.
	Unheard bool
	Text    string
	Tags    []Tag
	// Lines are the text of a multiline message, which has no Text.
	Lines []TextPart
	// Shown is the source that others see instead of From's, "" for From's own. Relayed: the shown source is a user on
	// a different network.
	Shown   string
	Relayed bool
}

// Played reports whether the message is from a character in a game or describes the scene.
func (e *MessageSent) Played() bool { return e.Shown != "" && !e.Relayed }

// Wallops: a message for all users with mode w.
type Wallops struct {
	From *User
	Text string
}

// OperChanged: a user has become an IRC operator, has stopped being one, or has different privileges; see User.IsOper
// and User.Can.
type OperChanged struct{ User *User }

// HostChanged: a user is shown with a different user name or host. OldSource is their previous source.
type HostChanged struct {
	User      *User
	OldSource string
}

// Announced: a server notice for the IRC operators whose snomask has this letter.
type Announced struct {
	Mask byte
	Text string
}

// Declined: a part of the operation was refused. Only the actor's session is told.
type Declined struct{ Refusal Refusal }

// Configured: a new policy is in force.
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
