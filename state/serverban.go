package state

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// The operations on the list of server bans, by an IRC operator or, without a session, by the server itself.
type (
	// AddBan adds an entry. The same operation disconnects or shuns the users that it matches, or takes away their
	// nicks.
	AddBan struct {
		Action         BanAction
		Target, Reason string
		// Duration in nanoseconds; 0: permanent.
		Duration int64
		// Setter is the setter of the entry when the operation has no session: "DNSBL", or a user when the entry is
		// loaded from storage. Storage follows BanAdded and BanRemoved, and adds the entries again in this form after a
		// restart.
		Setter string
		// Time is when the entry was set, in nanoseconds; 0: now. Only the server may give an earlier time.
		Time int64
	}
	// RemoveBan removes an entry.
	RemoveBan struct {
		Action BanAction
		Target string
	}
)

// BanAdded: an entry has been added. By is nil when the server set it. The events of the affected users follow.
type BanAdded struct {
	Ban *ServerBan
	By  *User
	// Hit is the number of users that it has disconnected, shunned or renamed.
	Hit int
}

// BanRemoved: an entry has been removed. By is nil when it expired or the server removed it.
type BanRemoved struct {
	Ban *ServerBan
	By  *User
	// Expired: the entry ended by itself.
	Expired bool
}

// BanHit: a ban disconnects this user. Quitted and SessionEnded follow.
type BanHit struct {
	User *User
	Ban  *ServerBan
}

// ShunChanged: the user is shunned now, or no longer; see User.Shunned.
type ShunChanged struct{ User *User }

func (*BanAdded) event()    {}
func (*BanRemoved) event()  {}
func (*BanHit) event()      {}
func (*ShunChanged) event() {}

// longestBan is the longest duration of a ban. Longer ones are permanent.
const longestBan = MostDuration

// Shunned reports whether a shun applies to the user. No user receives their messages. IRC operators are not affected.
func (u *User) Shunned() bool { return u.shunned }

// BansFrom returns the server bans from a number on, in the order in which they were set, for answers in pages.
func (s *State) BansFrom(number uint64) []*ServerBan {
	all := s.bans.all
	return all[sort.Search(len(all), func(i int) bool { return all[i].number >= number }):]
}

// Ban returns the entry with an action and target, or nil.
func (s *State) Ban(action BanAction, target string) *ServerBan {
	_, tidy, why := parseBanTarget(s.policy.Casemapping, action, target)
	if why != "" {
		return nil
	}
	return s.bans.byTarget[banKey{action, s.policy.Casemapping.Fold(tidy)}]
}

// BanTest is a target that can be tried on users before it is set.
type BanTest struct {
	// Target in its normal form.
	Target string
	target banTarget
	state  *State
	viewer *User // nil: the server, which knows everything
}

// TestBan parses a target; why says what is wrong with it. The test compares only what viewer may know of the users.
func (s *State) TestBan(viewer *User, action BanAction, target string) (test BanTest, why string) {
	t, tidy, why := parseBanTarget(s.policy.Casemapping, action, target)
	return BanTest{tidy, t, s, viewer}, why
}

// knownTo returns the part of a user's data that viewer may know and that bans are compared with.
func (u *User) knownTo(viewer *User) *User {
	if viewer == nil || viewer == u || viewer.Can(PrivAuspex) {
		return u
	}
	known := &User{nick: u.nick, username: u.username, host: u.host, realname: u.realname, account: u.account}
	if addr := shownAddress(u, u.host); addr.IsValid() {
		known.address = addr.String()
	}
	return known
}

// Covers reports whether the target matches a user or, for a reserved name, their nick. exempt is the entry that would
// exempt them, or nil.
func (t *BanTest) Covers(u *User) (covered bool, exempt *ServerBan) {
	u = u.knownTo(t.viewer)
	switch {
	case !t.matches(u):
		return false, nil
	case t.target.kind == nickTarget:
		return true, nil
	}
	who := t.state.banSubject(u)
	return true, t.state.bans.find(BanExempt, &who)
}

// matches reports whether the target matches a user, exempt or not. A new entry is compared with all users, so this
// prepares no more of a user than the target needs.
func (t *BanTest) matches(u *User) bool {
	s, cm := t.state, t.state.policy.Casemapping
	switch t.target.kind {
	case nickTarget:
		return s.glob(t.target.word, cm.Fold(u.nick))
	case maskTarget:
		if t.target.nick != "*" && !s.glob(t.target.nick, cm.Fold(u.nick)) || t.target.user != "*" && !s.glob(t.target.user, cm.Fold(u.username)) {
			return false
		}
		if !t.target.prefix.IsValid() {
			hosts, n := u.hosts()
			return slices.ContainsFunc(hosts[:n], func(h string) bool { return s.glob(t.target.host, cm.Fold(h)) })
		}
		fallthrough
	case addressTarget:
		addr, err := netip.ParseAddr(u.address) // an unknown address is in no network
		return err == nil && t.target.prefix.Contains(addr.WithZone(""))
	case accountTarget:
		return u.Account() != "" && s.glob(t.target.word, cm.Fold(u.Account()))
	case realnameTarget:
		return s.glob(t.target.word, cm.Fold(u.realname))
	case certificateTarget:
		return u.fingerprint != "" && s.glob(t.target.word, u.fingerprint)
	}
	return false
}

// BannedAddress returns the ban on an address, for connections that have sent nothing yet. It is nil when there is
// none, or when an exemption applies to the address or may apply once more is known about the user.
func (s *State) BannedAddress(address string) *ServerBan {
	if len(s.bans.byPrefix) == 0 || s.bans.softExempts > 0 {
		return nil
	}
	who := s.banSubject(&User{address: address})
	var banned, exempt *ServerBan
	s.bans.ofAddress(who.addr, func(b *ServerBan) bool {
		switch {
		case b.Action == BanExempt:
			exempt = b
		case b.Action == BanConnect && b.target.kind == addressTarget && banned == nil:
			banned = b
		}
		return exempt != nil
	})
	if exempt != nil {
		return nil
	}
	return banned
}

// ExemptAddress reports whether an address is exempt from server bans.
func (s *State) ExemptAddress(address string) bool {
	who := s.banSubject(&User{address: address})
	return s.bans.ofAddress(who.addr, func(b *ServerBan) bool { return b.Action == BanExempt && b.target.kind == addressTarget })
}

// judgeBans returns the ban that keeps a user out, or nil.
func (s *State) judgeBans(u *User) *ServerBan { return s.judgeFor(u, BanConnect) }

func (s *State) judgeFor(u *User, action BanAction) *ServerBan {
	if len(s.bans.all) == 0 {
		return nil
	}
	who := s.banSubject(u)
	b := s.bans.find(action, &who)
	if b != nil && s.bans.find(BanExempt, &who) != nil {
		return nil
	}
	return b
}

// judgeShun checks again whether the user is shunned, and emits an event if that has changed.
func (s *State) judgeShun(u *User) {
	if shunned := s.judgeFor(u, BanShun) != nil; shunned != u.shunned {
		u.shunned = shunned
		s.emit(&ShunChanged{u})
	}
}

// reservedNick returns the entry that reserves a nick for IRC operators, or nil.
func (s *State) reservedNick(nick string) *ServerBan {
	return s.reserved(nickTarget, s.policy.Casemapping.Fold(nick))
}

// reservedChannel returns the entry that reserves a channel name for IRC operators, or nil.
func (s *State) reservedChannel(name string) *ServerBan {
	return s.reserved(channelTarget, s.policy.Casemapping.Fold(name))
}

// isReserved reports whether a name, or the channel that it redirects to, is reserved and the user may not use it.
func (s *State) isReserved(name string, c *Channel, u *User) bool {
	return !u.IsOper() && s.reservation(name, c) != nil
}

func (s *State) reservation(name string, c *Channel) *ServerBan {
	if len(s.bans.all) == 0 {
		return nil
	}
	if b := s.reservedChannel(name); b != nil || c == nil {
		return b
	}
	return s.reservedChannel(c.name)
}

func (s *State) refuseReserved(name string, c *Channel) *Refusal {
	return &Refusal{Code: ReservedChannel, Channel: name, Why: s.reservation(name, c).Reason}
}

// banPrivilege returns the privilege that is enough to change an entry of this kind, besides the one for all kinds.
func banPrivilege(action BanAction, kind targetKind) Privilege {
	switch {
	case action == BanExempt:
		return PrivEline
	case action == BanShun:
		return PrivShun
	case action == BanReserve:
		return PrivResv
	case kind == realnameTarget:
		return PrivXline
	}
	return PrivKline
}

// mayBan returns the acting IRC operator, who needs the privilege for such an entry; nil is the server itself.
func (s *State) mayBan(st Stamp, action BanAction, kind targetKind) (*User, *Refusal) {
	if st.Session == 0 {
		return nil, nil
	}
	session, refusal := s.actor(st)
	if refusal != nil {
		return nil, refusal
	}
	u := session.user
	if u.Can(PrivUban) || kind == addressTarget && action == BanConnect && u.Can(PrivDline) {
		return u, nil
	}
	return u, u.lacks(banPrivilege(action, kind))
}

func (op *AddBan) apply(s *State, st Stamp) *Refusal {
	target, tidy, why := parseBanTarget(s.policy.Casemapping, op.Action, op.Target)
	by, refusal := s.mayBan(st, op.Action, target.kind)
	if refusal != nil {
		return refusal
	}
	if why == "" && (op.Duration < 0 || op.Time < 0 || op.Action.String() == "") {
		why = "The duration is not valid"
	}
	if why == "" && BrokenNetwork(target.host) {
		why = "No user can ever match that target: the network is not valid"
	}
	if why != "" {
		return &Refusal{Code: BadBan, Param: op.Target, Why: why}
	}
	b := &ServerBan{
		Action: op.Action, Target: strings.Clone(tidy), Reason: keep(op.Reason, s.policy.KickBytes), Setter: keep(op.Setter, s.policy.MaskBytes),
		Time: s.wall, number: s.nextBan + 1, target: target,
	}
	if by != nil {
		b.Setter = by.source
	} else if op.Time != 0 {
		b.Time = min(op.Time, s.wall)
	}
	if op.Duration > 0 && op.Duration <= longestBan {
		b.Until = s.now + op.Duration - (s.wall - b.Time)
	}
	if refusal := s.judgeNewBan(b, by); refusal != nil {
		return refusal
	}
	hit := s.hitBy(b)
	if s.hitsTooMany(b, by, hit) {
		return &Refusal{Code: BadBan, Param: b.Target, Why: fmt.Sprintf("That ban would affect %d of %d users", len(hit), len(s.users))}
	}
	s.setBan(b, by, hit)
	return nil
}

// setBan puts a new entry into force after it has been judged. hit are the users that it affects.
func (s *State) setBan(b *ServerBan, by *User, hit []*User) {
	s.nextBan++
	s.installBan(b)
	added := &BanAdded{Ban: b, By: by}
	s.emit(added)
	added.Hit = s.enforce(b, hit)
}

// judgeNewBan refuses an entry that exists already, does not fit into the list, or would match the operator themselves
// or, by mistake, too large a part of all users.
func (s *State) judgeNewBan(b *ServerBan, by *User) *Refusal {
	refusal := func(code Code, why string) *Refusal { return &Refusal{Code: code, Param: b.Target, Why: why} }
	_, plain := b.target.indexWord()
	wild := !plain && !b.target.prefix.IsValid()
	switch {
	case b.Until != 0 && b.Until <= s.now:
		return refusal(BadBan, "The ban has already expired")
	case s.bans.byTarget[banKey{b.Action, s.policy.Casemapping.Fold(b.Target)}] != nil:
		return refusal(BanExists, "")
	case len(s.bans.all) >= s.policy.ServerBans, wild && (s.bans.wilds >= mostWildBans || s.bans.wildWork+b.target.work() > mostWildWork):
		return refusal(BansFull, "")
	case by == nil || b.Action == BanExempt || b.target.kind == channelTarget:
		return nil
	}
	test := BanTest{b.Target, b.target, s, nil}
	if covered, exempt := test.Covers(by); covered && exempt == nil && !b.spares(by) {
		return refusal(BadBan, "That ban would affect you")
	}
	return nil
}

// spares reports whether the entry leaves a user alone: IRC operators keep reserved nicks.
func (b *ServerBan) spares(u *User) bool { return b.Action == BanReserve && u.IsOper() }

// hitBy returns the users that a new entry affects. Members of a reserved channel may stay.
func (s *State) hitBy(b *ServerBan) (hit []*User) {
	if b.Action == BanExempt || b.target.kind == channelTarget {
		return nil
	}
	test := BanTest{b.Target, b.target, s, nil}
	for _, u := range s.users {
		if covered, exempt := test.Covers(u); covered && exempt == nil && !b.spares(u) {
			hit = append(hit, u)
		}
	}
	return hit
}

// hitsTooMany reports whether an operator's entry would, probably by mistake, affect too large a part of all users.
func (s *State) hitsTooMany(b *ServerBan, by *User, hit []*User) bool {
	if by == nil || s.policy.BanPercent <= 0 || s.policy.BanPercent >= 100 || len(s.users) < fewUsers {
		return false
	}
	return len(hit)*100 > len(s.users)*s.policy.BanPercent
}

// fewUsers is the number of users below which BanPercent does not apply.
const fewUsers = 10

// installBan adds an entry to the list.
func (s *State) installBan(b *ServerBan) {
	s.bans.add(b, s.policy.Casemapping)
	s.expect(b.due())
}

func (b *ServerBan) due() due {
	return due{at: b.Until, kind: dueServerBan, letter: byte(b.Action), text: b.Target}
}

// enforce applies a new entry to the users that it hits, and counts those for whom something changes.
func (s *State) enforce(b *ServerBan, hit []*User) (changed int) {
	switch b.Action {
	case BanExempt:
		return s.judgeShuns(b)
	case BanShun:
		for _, u := range hit {
			before := u.shunned
			if s.judgeShun(u); u.shunned != before {
				changed++
			}
		}
		return changed
	}
	for _, u := range hit {
		if b.Action == BanReserve {
			s.takeNick(u)
		} else {
			s.endByBan(u, b)
		}
	}
	return len(hit)
}

// judgeShuns checks all users again that an added or removed entry covers, and counts those for whom something changes.
func (s *State) judgeShuns(b *ServerBan) (changed int) {
	test := BanTest{b.Target, b.target, s, nil}
	for _, u := range s.users {
		if test.matches(u) {
			before := u.shunned
			if s.judgeShun(u); u.shunned != before {
				changed++
			}
		}
	}
	return changed
}

// endByBan disconnects a user that a ban matches.
func (s *State) endByBan(u *User, b *ServerBan) {
	s.emit(&BanHit{u, b})
	s.endUser(u, b.quitText())
}

// quitText is the QUIT reason of a banned user.
func (b *ServerBan) quitText() string {
	if b.Reason == "" {
		return "Banned"
	}
	return "Banned: " + b.Reason
}

// takeNick gives a user whose nick has been reserved a new one: Guest and a number.
func (s *State) takeNick(u *User) {
	// The number is the end of the user's id, as short as possible. A reservation of Guest* does not apply here: it is
	// for nicks that users choose.
	for most := UserID(10_000); most <= 1_000_000_000; most *= 10 {
		nick := "Guest" + strconv.FormatUint(uint64(u.id%most), 10)
		if len(nick) <= s.policy.NickBytes && s.User(nick) == nil {
			s.changeNick(u, nick)
			return
		}
	}
	s.endUser(u, "Nickname reserved")
}

func (op *RemoveBan) apply(s *State, st Stamp) *Refusal {
	b := s.Ban(op.Action, op.Target)
	var kind targetKind
	if b != nil {
		kind = b.target.kind
	}
	by, refusal := s.mayBan(st, op.Action, kind)
	if refusal != nil {
		return refusal
	}
	if b == nil {
		return &Refusal{Code: NoSuchBan, Param: op.Target}
	}
	s.forget(b.due())
	s.dropServerBan(b)
	s.emit(&BanRemoved{Ban: b, By: by})
	s.released(b)
	return nil
}

func (s *State) dropServerBan(b *ServerBan) { s.bans.remove(b, s.policy.Casemapping) }

// released checks the users that a removed entry covered: a shun or an exemption no longer applies to them.
func (s *State) released(b *ServerBan) {
	switch b.Action {
	case BanShun:
		s.judgeShuns(b)
	case BanExempt:
		test := BanTest{b.Target, b.target, s, nil}
		for _, u := range slices.Clone(s.users) {
			if !test.matches(u) {
				continue
			}
			if ban := s.judgeBans(u); ban != nil {
				s.endByBan(u, ban)
			} else {
				s.judgeShun(u)
			}
		}
	}
}

// endServerBan removes an entry that has expired.
func (s *State) endServerBan(d due) {
	b := s.bans.byTarget[banKey{BanAction(d.letter), s.policy.Casemapping.Fold(d.text)}]
	if b == nil || b.Until != d.at {
		return
	}
	s.dropServerBan(b)
	s.emit(&BanRemoved{Ban: b, Expired: true})
	s.released(b)
}

func (s *State) restoreBans(in *snapshot) error {
	s.nextBan = in.NextBan
	for _, b := range in.Bans {
		target, _, why := parseBanTarget(s.policy.Casemapping, b.Action, b.Target)
		if why != "" || b.Action.String() == "" {
			return fmt.Errorf("%w: %q is not a ban", ErrEncoding, b.Target)
		}
		s.installBan(&ServerBan{
			Action: b.Action, Target: b.Target, Reason: b.Reason, Setter: b.Setter, Time: b.Time, Until: b.Until, number: b.Number, target: target,
		})
	}
	for _, u := range s.users {
		u.shunned = s.judgeFor(u, BanShun) != nil
	}
	return nil
}

// refoldBans rebuilds the list for a new casemapping.
func (s *State) refoldBans() {
	old := s.bans.all
	s.bans = newBanList()
	for _, b := range old {
		var why string
		if b.target, _, why = parseBanTarget(s.policy.Casemapping, b.Action, b.Target); why != "" || s.Ban(b.Action, b.Target) != nil {
			s.forget(b.due())
			s.emit(&BanRemoved{Ban: b})
			continue
		}
		s.bans.add(b, s.policy.Casemapping)
	}
}
