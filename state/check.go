package state

import (
	"fmt"
	"slices"
)

// CheckBounds returns an error for the first bound of the policy that is exceeded, or nil. It is meaningful only while
// the policy does not change, because a lower bound only limits what is added later.
func (s *State) CheckBounds() error {
	for _, u := range s.users {
		if len(u.members) > s.policy.ChannelsPerUser || len(u.invites) > max(s.policy.InvitesPerUser, 1) {
			return fmt.Errorf("user %s: in %d channels, with %d invitations", u.nick, len(u.members), len(u.invites))
		}
		if err := s.policy.checkMetadataBounds(u.metadata); err != nil {
			return fmt.Errorf("user %s: %w", u.nick, err)
		}
	}
	for _, c := range s.channels {
		if len(c.invited) > invitesPerChannel {
			return fmt.Errorf("channel %s: %d invitations", c.name, len(c.invited))
		}
		if c.listEntries() > s.policy.ListEntries {
			return fmt.Errorf("channel %s: %d list entries", c.name, c.listEntries())
		}
		if s.policy.ListBytes > 0 && c.listBytes() > s.policy.ListBytes {
			return fmt.Errorf("channel %s: %d bytes of list entries", c.name, c.listBytes())
		}
		if err := s.policy.checkMetadataBounds(c.metadata); err != nil {
			return fmt.Errorf("channel %s: %w", c.name, err)
		}
	}
	if err := s.checkMarkerBounds(); err != nil {
		return err
	}
	if len(s.bans.all) > s.policy.ServerBans {
		return fmt.Errorf("%d server bans", len(s.bans.all))
	}
	if len(s.whowas) > max(s.policy.WhowasEntries, 0) {
		return fmt.Errorf("%d remembered nicks", len(s.whowas))
	}
	return nil
}

// Check returns an error for the first invariant that does not hold, or nil. It walks the whole state, and is for
// tests and restored states.
func (s *State) Check() error {
	if err := s.checkClock(); err != nil {
		return err
	}
	invisible, opers := 0, 0
	for i, u := range s.users {
		if i > 0 && s.users[i-1].id >= u.id {
			return fmt.Errorf("users out of order at %d", i)
		}
		if err := s.checkUser(u); err != nil {
			return fmt.Errorf("user %s: %w", u.nick, err)
		}
		if u.HasMode('i') {
			invisible++
		}
		if u.HasMode('o') {
			opers++
		}
	}
	if invisible != s.invisible || opers != len(s.operators) {
		return fmt.Errorf("counts: %d invisible, %d opers; kept %d, %d", invisible, opers, s.invisible, len(s.operators))
	}
	if len(s.nicks) != len(s.users) || len(s.byID) != len(s.users) {
		return fmt.Errorf("%d users, %d nicks, %d ids", len(s.users), len(s.nicks), len(s.byID))
	}
	if len(s.names) != len(s.channels) || len(s.chanByID) != len(s.channels) {
		return fmt.Errorf("%d channels, %d names, %d ids", len(s.channels), len(s.names), len(s.chanByID))
	}
	secret := 0
	for i, c := range s.channels {
		if i > 0 && s.channels[i-1].id >= c.id {
			return fmt.Errorf("channels out of order at %d", i)
		}
		if c.HasMode('s') {
			secret++
		}
		if err := s.checkChannel(c); err != nil {
			return fmt.Errorf("channel %s: %w", c.name, err)
		}
	}
	if secret != s.secret {
		return fmt.Errorf("%d secret channels, kept %d", secret, s.secret)
	}
	if err := s.checkBans(); err != nil {
		return err
	}
	if err := s.checkMarkers(); err != nil {
		return err
	}
	return s.checkRedirects()
}

// checkVerdict returns an error when the cached verdict about a member's bans is wrong.
func (s *State) checkVerdict(m *Member) error {
	if !m.bannedJudged || m.bannedList != m.channel.listVersion || m.bannedUser != m.user.identity {
		return nil
	}
	work, fresh := s.work, *m
	fresh.bannedJudged = false
	s.isBanned(&fresh)
	s.work = work
	if fresh.banned != m.banned || fresh.excepted != m.excepted {
		return fmt.Errorf("%s is remembered as banned %t, excepted %t, which is %t, %t", m.user.nick, m.banned, m.excepted, fresh.banned, fresh.excepted)
	}
	return nil
}

// checkBans checks that every server ban is found by its target and its index, and that shunned users are marked.
func (s *State) checkBans() error {
	indexed := 0
	for _, lists := range s.bans.byPrefix {
		indexed += len(lists)
	}
	for _, lists := range s.bans.byWord {
		indexed += len(lists)
	}
	if n := len(s.bans.all); n != len(s.bans.byTarget) || n != indexed+s.bans.wilds {
		return fmt.Errorf("%d bans, %d names, %d indexed, %d not", n, len(s.bans.byTarget), indexed, s.bans.wilds)
	}
	for i, b := range s.bans.all {
		if s.Ban(b.Action, b.Target) != b || i > 0 && s.bans.all[i-1].number >= b.number || b.number > s.nextBan {
			return fmt.Errorf("ban %s %s is out of place", b.Action, b.Target)
		}
	}
	for _, u := range s.users {
		if u.shunned != (s.judgeFor(u, BanShun) != nil) {
			return fmt.Errorf("%s: shunned %t", u.source, u.shunned)
		}
	}
	return nil
}

func (s *State) checkUser(u *User) error {
	switch {
	case s.User(u.nick) != u || s.byID[u.id] != u:
		return fmt.Errorf("is not found")
	case len(u.sessions) == 0:
		return fmt.Errorf("has no session")
	case u.HasMode('o') != u.IsOper():
		return fmt.Errorf("oper %q with modes %s", u.oper, u.Modes())
	case u.IsOper() != u.privileges.Has(PrivOper), u.HasMode('s') != (u.snomask != 0), u.snomask != 0 && !u.Can(PrivSnomask):
		return fmt.Errorf("privileges %x, server notices %s, with modes %s", u.privileges, u.Snomask(), u.Modes())
	case u.account != nil && !ValidAccount(u.account.name):
		return fmt.Errorf("account %q", u.account.name)
	case u.source != u.nick+"!"+u.username+"@"+u.host:
		return fmt.Errorf("source %s is stale", u.source)
	}
	for _, x := range u.sessions {
		if x.user != u || s.sessions[x.id] != x {
			return fmt.Errorf("session %d belongs to a different user", x.id)
		}
	}
	for _, m := range u.members {
		at := m.channel.MembersFrom(m.joined)
		if m.user != u || len(at) == 0 || at[0] != m {
			return fmt.Errorf("a membership of %s is not in the channel", m.channel.name)
		}
	}
	for _, other := range u.accepts {
		if s.byID[other.id] != other || !slices.Contains(other.acceptedBy, u) {
			return fmt.Errorf("accepts %s, who is gone or does not know", other.nick)
		}
	}
	for _, x := range u.silences {
		if x.test == nil {
			return fmt.Errorf("%q is not a mask", x.mask)
		}
	}
	for _, i := range u.invites {
		if s.chanByID[i.Channel.id] != i.Channel {
			return fmt.Errorf("invited into %s, which is gone", i.Channel.name)
		}
	}
	return u.metadata.check()
}

func (s *State) checkChannel(c *Channel) error {
	if s.Channel(c.name) != c || s.chanByID[c.id] != c {
		return fmt.Errorf("is not found")
	}
	if len(c.members) == 0 && !c.HasMode('P') {
		return fmt.Errorf("is empty")
	}
	founders := 0
	counted := Channel{}
	for i, m := range c.members {
		counted.count(m, 1)
		if m.channel != c || m.user.Member(c) != m {
			return fmt.Errorf("%s does not know it", m.user.nick)
		}
		if err := s.checkVerdict(m); err != nil {
			return err
		}
		if i > 0 && c.members[i-1].joined >= m.joined {
			return fmt.Errorf("members out of order at %d", i)
		}
		if m.ranks&Founder != 0 {
			founders++
		}
	}
	if want := 1; !s.policy.Classic && s.policy.hasRank(Founder) && founders != min(want, len(c.members)) || founders > 1 {
		return fmt.Errorf("has %d founders", founders)
	}
	for _, l := range c.lists {
		for i := range l.entries {
			counted.countLive(l.entries[i].test, 1)
		}
	}
	if counted.unseen != c.unseen || counted.ranked != c.ranked || counted.live != c.live {
		return fmt.Errorf("%d hidden members, %d with a rank, %d live masks; kept %d, %d, %d",
			counted.unseen, counted.ranked, counted.live, c.unseen, c.ranked, c.live)
	}
	for _, u := range c.invited {
		if _, found := u.invite(c); !found {
			return fmt.Errorf("%s does not have their invitation", u.nick)
		}
	}
	return c.metadata.check()
}

func (s *State) checkRedirects() error {
	held := 0
	for _, c := range s.channels {
		held += len(c.oldNames)
		for _, r := range c.oldNames {
			if s.oldNames[r.folded] != r || r.channel != c {
				return fmt.Errorf("redirect %s is not found", r.name)
			}
			if s.names[r.folded] != nil {
				return fmt.Errorf("redirect %s is a channel's name", r.name)
			}
		}
	}
	if held != len(s.oldNames) {
		return fmt.Errorf("%d redirects, %d old names", held, len(s.oldNames))
	}
	return s.checkDues()
}

// checkDues checks that the queue has exactly one entry for everything that ends by itself.
func (s *State) checkDues() error {
	expected := 0
	expect := func(d due) error {
		if d.at == 0 {
			return nil
		}
		expected++
		if _, found := s.dues.at[d]; !found {
			return fmt.Errorf("the end of %q is not known", d.text)
		}
		return nil
	}
	for _, c := range s.channels {
		for _, r := range c.oldNames {
			if err := expect(r.due()); err != nil {
				return err
			}
		}
		for _, l := range c.lists {
			for _, e := range l.entries {
				if err := expect(due{at: e.Until, kind: dueListEntry, channel: c.id, letter: l.letter, text: e.folded}); err != nil {
					return err
				}
			}
		}
	}
	if err := expect(due{at: s.alertUntil, kind: dueDefcon}); err != nil {
		return err
	}
	for _, b := range s.bans.all {
		if err := expect(b.due()); err != nil {
			return err
		}
	}
	if expected != len(s.dues.heap) || expected != len(s.dues.at) {
		return fmt.Errorf("%d ends known, %d expected", len(s.dues.heap), expected)
	}
	for i, d := range s.dues.heap {
		if s.dues.at[d] != i || compareDue(s.dues.heap[(i-1)/2*min(i, 1)], d) > 0 {
			return fmt.Errorf("the end of %q is out of place", d.text)
		}
	}
	return nil
}
