package state

import "strings"

// entry is one user at a channel's door.
type entry struct {
	state   *State
	user    *User
	channel *Channel
	key     string
}

// speech is one message on its way into a channel.
type speech struct {
	state   *State
	user    *User
	channel *Channel
	member  *Member // nil when the speaker is not in the channel
	text    string
}

// mayEnter asks every mode of the channel that is set. An invitation by somebody who could have opened the door himself
// opens it: it would be a strange invitation otherwise.
func (e *entry) mayEnter() Code {
	if invite, found := e.user.invite(e.channel); found && invite.Trusted {
		return OK
	}
	for i := range channelModeTable {
		m := &channelModeTable[i]
		if m.join == nil || !e.channel.isSet(m) {
			continue
		}
		if code := m.join(e); code != OK {
			return code
		}
	}
	return OK
}

func (s *speech) maySpeak() Code {
	for i := range channelModeTable {
		m := &channelModeTable[i]
		if m.speak == nil || !s.channel.isSet(m) {
			continue
		}
		if code := m.speak(s); code != OK {
			return code
		}
	}
	return OK
}

func (c *Channel) isSet(m *channelMode) bool {
	if m.kind == ListMode {
		return len(c.List(m.letter)) > 0
	}
	return c.flags.has(m.letter)
}

func (s *speech) rank() Rank {
	if s.member == nil {
		return NoRank
	}
	return s.member.ranks
}

func joinBan(e *entry) Code {
	if e.state.matches(e.channel, 'b', e.user) && !e.state.matches(e.channel, 'e', e.user) {
		return Banned
	}
	return OK
}

func joinKey(e *entry) Code {
	if e.key != e.channel.Param('k') {
		return BadKey
	}
	return OK
}

func joinLimit(e *entry) Code {
	// checkLimit has made it a number in range.
	limit := 0
	for _, d := range e.channel.Param('l') {
		limit = limit*10 + int(d-'0')
	}
	if len(e.channel.members) >= limit {
		return ChannelFull
	}
	return OK
}

func joinInvite(e *entry) Code {
	if e.state.matches(e.channel, 'I', e.user) {
		return OK
	}
	return InviteOnly
}

func speakExternal(s *speech) Code {
	if s.member == nil {
		return NoExternal
	}
	return OK
}

func speakModerated(s *speech) Code {
	if !s.rank().AtLeast(Voice) {
		return Moderated
	}
	return OK
}

func speakBan(s *speech) Code {
	if s.rank().AtLeast(Voice) {
		return OK
	}
	banned := false
	if s.member != nil {
		banned = s.state.isBanned(s.member)
	} else {
		who := s.state.subject(s.user)
		banned = s.state.coveredBy(s.channel.List('b'), who, true) && !s.state.coveredBy(s.channel.List('e'), who, true)
	}
	if banned {
		return MutedByBan
	}
	return OK
}

func speakNoCTCP(s *speech) Code {
	if strings.HasPrefix(s.text, "\x01") && !strings.HasPrefix(s.text, "\x01ACTION ") {
		return NoCTCP
	}
	return OK
}

// isBanned tells whether a ban keeps a member from speaking. It remembers its answer while neither the channel's lists
// nor what the masks are compared with has changed: it is asked for every line of a member without a voice.
func (s *State) isBanned(m *Member) bool {
	if m.bannedJudged && m.bannedList == m.channel.listVersion && m.bannedUser == m.user.identity {
		return m.banned
	}
	who := s.subject(m.user)
	m.banned = s.coveredBy(m.channel.List('b'), who, true) && !s.coveredBy(m.channel.List('e'), who, true)
	m.bannedJudged, m.bannedList, m.bannedUser = true, m.channel.listVersion, m.user.identity
	return m.banned
}

// matches tells whether an entry of a list covers the user, mutes apart.
func (s *State) matches(c *Channel, letter byte, u *User) bool {
	entries := c.List(letter)
	return len(entries) > 0 && s.coveredBy(entries, s.subject(u), false)
}
