package commands

import (
	"errors"

	"bavard/state"
	"bavard/wire"
)

// render turns one event into lines.
func (r *renderer) render(e state.Event) {
	switch e := e.(type) {
	case *state.MessageSent:
		r.messageSent(e)
	case *state.Joined:
		r.joined(e)
	case *state.Appeared:
		r.appeared(e)
	case *state.Vanished:
		r.vanished(e)
	case *state.NamesGrown:
		r.namesGrown(e)
	case *state.Parted:
		r.parted(e)
	case *state.Kicked:
		r.kicked(e)
	case *state.TopicChanged:
		r.topicChanged(e)
	case *state.Redirected:
		r.redirected(e)
	case *state.Forwarded:
		r.forwarded(e)
	case *state.Invited:
		r.invited(e)
	case *state.Knocked:
		r.knocked(e)
	case *state.ModesChanged:
		r.modesChanged(e)
	case *state.Renamed:
		r.renamed(e)
	case *state.MetadataChanged:
		r.metadataChanged(e)
	case *state.ChannelEnded:
		r.server.options.History.Drop(state.ChannelBuffer(e.Channel.ID()))
	case *state.Declined:
		r.declined(e)
	default:
		r.renderUser(e)
	}
}

// renderUser is render for what happens to a user, whatever his channels.
func (r *renderer) renderUser(e state.Event) {
	switch e := e.(type) {
	case *state.Registered:
		r.registered(e)
	case *state.Quitted:
		r.quitted(e)
	case *state.MarkedRead:
		r.markedRead(e)
	case *state.Redacted:
		r.redacted(e)
	case *state.Killed:
		r.killed(e)
	case *state.SessionEnded:
		r.sessionEnded(e)
	case *state.NickChanged:
		r.nickChanged(e)
	case *state.RealnameChanged:
		r.realnameChanged(e)
	case *state.HostChanged:
		r.hostChanged(e)
	case *state.AccountChanged:
		r.accountChanged(e)
	case *state.AwayChanged:
		r.awayChanged(e)
	case *state.UserModesChanged:
		r.userModesChanged(e)
	case *state.CallerHeld:
		r.callerHeld(e)
	case *state.SilenceChanged:
		r.silenceChanged(e)
	case *state.OperChanged:
		r.operChanged(e)
	case *state.BanHit:
		eachSessionOf(e.User, func(c *Client) { r.numericTo(c, errYoureBannedCreep.with(bannedText(e.Ban.Reason))) })
	case *state.ShunChanged:
		eachSessionOf(e.User, func(c *Client) { c.shunned.Store(e.User.Shunned()) })
	default:
		r.renderServer(e)
	}
}

// renderServer is render for what happens to the server as a whole, and for what operators are told.
func (r *renderer) renderServer(e state.Event) {
	switch e := e.(type) {
	case *state.Wallops:
		r.wallops(e)
	case *state.Announced:
		r.serverNotice(e.Mask, e.Text)
	case *state.BanAdded:
		r.banAdded(e)
	case *state.BanRemoved:
		r.banRemoved(e)
	case *state.DefconChanged:
		r.defconChanged(e)
	case *state.FiltersChanged:
		r.filtersChanged(e)
	case *state.FilterMatched:
		r.filterMatched(e)
	case *state.Configured:
		r.configured()
	}
}

// appeared: somebody who joined unseen shows himself, as if he joined now.
func (r *renderer) appeared(e *state.Appeared) {
	r.announce(e.Member, r.placeBefore, func(m *state.Member) bool {
		return m != e.Member && m.Sees(e.Member) && (!e.ToPlain || !m.SeesAll())
	})
}

// vanished: for those who do not see a member any more he seems to leave.
func (r *renderer) vanished(e *state.Vanished) {
	l := r.number(r.partLine(e.Member.User(), e.Member.Channel().Name(), ""))
	r.rememberIn(l, e.Member.Channel(), nil)
	eachSession(e.Member.Channel(), func(m *state.Member, c *Client) {
		if !m.Sees(e.Member) {
			r.to(l, c)
		}
	})
}

// namesGrown: who sees more of a channel's members than before is told their names.
func (r *renderer) namesGrown(e *state.NamesGrown) {
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if e.Member == nil || e.Member == m {
			r.unaskedNames(e.Channel, m.User(), c)
			if c.listens() {
				r.syncLater(e.Channel, c)
			}
		}
	})
}

// https://modern.ircdocs.horse/#topic-message
func (r *renderer) topicChanged(e *state.TopicChanged) {
	l := r.number(r.line(e.By, e.By.Source(), "TOPIC", e.Channel.Name(), e.Channel.Topic().Text).text())
	r.toMembers(l, e.Channel)
	r.rememberIn(l, e.Channel, l.line.Params[1:])
}

// https://modern.ircdocs.horse/#kick-message
func (r *renderer) kicked(e *state.Kicked) {
	l := r.number(r.line(e.By, r.sourceOf(e.By), "KICK", e.Channel.Name(), e.Target.Nick(), e.Reason).text())
	r.toWitnesses(l, e.Member)
	r.toUser(l, e.Target)
	if e.Member.Seen(false) {
		r.rememberIn(l, e.Channel, l.line.Params[1:])
	}
}

// redirected: who knows RENAME had rather be told so, but he did not ask for this: a server's autojoin.
func (r *renderer) redirected(e *state.Redirected) {
	if r.by != nil && !r.by.has(capChannelRename) {
		r.numericTo(r.by, errLinkChannel.with(e.Old, e.Channel.Name()))
	}
}

func (r *renderer) forwarded(e *state.Forwarded) {
	if r.by != nil {
		r.numericTo(r.by, errForwarded.with(e.Old, e.Channel.Name()))
	}
}

// declined answers the part of an operation that was refused. Only MODE has parts whose numerics name the command; what a
// flood profile forbids has numerics of its own.
func (r *renderer) declined(e *state.Declined) {
	if r.by != nil {
		r.by.declined++
		call := &Call{Client: r.by, message: &wire.Message{Command: "MODE"}}
		call.answer(&e.Refusal)
	}
}

// registered: the welcome follows in the handler.
func (r *renderer) registered(e *state.Registered) {
	r.server.options.History.Rename(r.server.state.PartyOf(e.User), e.User.Nick()) // an account's, from an earlier session
	r.arrived(e.User)
	if r.heard('c') {
		r.serverNotice('c', "CONNECT: "+describe(e.User))
	}
}

// https://modern.ircdocs.horse/#quit-message
func (r *renderer) quitted(e *state.Quitted) {
	l := r.number(r.line(e.User, e.User.Source(), "QUIT", e.Reason).text())
	r.toPeers(l, e.Members, 0)
	r.rememberWhereSeen(l, e.Members)
	r.left(e.User, e.User.Nick())
	if r.heard('q') {
		r.serverNotice('q', "QUIT: "+describe(e.User)+" ("+e.Reason+")")
	}
}

// https://modern.ircdocs.horse/#kill-message
func (r *renderer) killed(e *state.Killed) {
	r.toUser(r.line(e.By, e.By.Source(), "KILL", e.Target.Nick(), e.Reason).text(), e.Target)
	r.toUser(r.line(e.Target, e.Target.Source(), "QUIT", "Killed ("+e.By.Nick()+" ("+e.Reason+"))").text(), e.Target)
}

// https://modern.ircdocs.horse/#wallops-message
func (r *renderer) wallops(e *state.Wallops) {
	l := r.line(e.From, e.From.Source(), "WALLOPS", e.Text).text()
	for _, u := range r.server.state.Users() {
		if u.HasMode('w') {
			r.toUser(l, u)
		}
	}
}

func (r *renderer) operChanged(e *state.OperChanged) {
	privileges := uint64(e.User.Privileges())
	eachSessionOf(e.User, func(c *Client) { c.privileges.Store(privileges) })
	if !e.User.IsOper() {
		r.serverNotice('o', "DEOPER: "+e.User.Nick()+" is no IRC operator any more")
	}
}

// joined: who joins while he is away is announced as away too.
// https://ircv3.net/specs/extensions/away-notify
func (r *renderer) joined(e *state.Joined) {
	u, c := e.Member.User(), e.Member.Channel()
	r.announce(e.Member, r.number, func(m *state.Member) bool { return m.Sees(e.Member) })
	// Topic and names follow for every session of the user: they have all joined.
	eachSessionOf(u, func(cl *Client) {
		cl.current = c.ID()
		r.welcomeInto(c, e.Member, cl)
		r.replay(c, cl)
		r.entered(c, cl)
	})
}

// announce shows a JOIN to these members; number gives it its id.
func (r *renderer) announce(about *state.Member, number func(*outLine) *outLine, to func(*state.Member) bool) {
	u, c := about.User(), about.Channel()
	plain, extended := number(r.joinLine(u, c, false)), r.joinLine(u, c, true)
	extended.id = plain.id
	if about.Seen(false) {
		r.rememberIn(plain, c, []string{u.Realname()})
	}
	var away awayLines
	if u.Away() != "" {
		away = r.awayLines(u)
	}
	var known introduction
	if !r.server.largeForMetadata(c) { // in a larger one whoever wants to know asks
		known = r.introduction(u)
	}
	eachSession(c, func(m *state.Member, cl *Client) {
		if !to(m) {
			return
		}
		if cl.has(capExtendedJoin) {
			r.to(extended, cl)
		} else {
			r.to(plain, cl)
		}
		if u.Away() != "" && cl.has(capAwayNotify) && m.User() != u {
			r.to(away.of(cl), cl)
		}
		if m.User() != u {
			r.introduce(known, cl)
		}
	})
}

func (r *renderer) parted(e *state.Parted) {
	l := r.number(r.partLine(e.User, e.Channel.Name(), e.Reason))
	r.toWitnesses(l, e.Member)
	if e.Member.Seen(false) {
		r.rememberIn(l, e.Channel, l.line.Params[1:])
	}
	if e.User.Member(e.Channel) == nil { // else he has come back already, and is among them
		r.toUser(l, e.User)
	}
}

func (r *renderer) partLine(u *state.User, channel, reason string) *outLine {
	if reason == "" {
		return r.line(u, u.Source(), "PART", channel)
	}
	return r.line(u, u.Source(), "PART", channel, reason).text()
}

// joinLine: https://ircv3.net/specs/extensions/extended-join
func (r *renderer) joinLine(u *state.User, c *state.Channel, extended bool) *outLine {
	if !extended {
		return r.line(u, u.Source(), "JOIN", c.Name())
	}
	return r.line(u, u.Source(), "JOIN", c.Name(), accountOrStar(u.Account()), u.Realname()).text()
}

func accountOrStar(account string) string {
	if account == "" {
		return "*"
	}
	return account
}

// sessionEnded closes the connection, if it is ours and still open.
func (r *renderer) sessionEnded(e *state.SessionEnded) {
	c := local(e.Session)
	if c == nil {
		return
	}
	c.detach()
	r.out.close(c, c.errorLine(e.Reason), errors.New(e.Reason))
}

func (r *renderer) nickChanged(e *state.NickChanged) {
	nick := e.User.Nick()
	l := r.number(r.line(e.User, e.OldSource, "NICK", nick).text())
	eachSessionOf(e.User, func(c *Client) { c.name.Store(&nick) })
	r.toUser(l, e.User)
	r.toPeers(l, e.User.Members(), 0)
	r.rememberWhereSeen(l, e.User.Members())
	r.server.options.History.Rename(r.server.state.PartyOf(e.User), nick)
	r.monitorRenamed(e)
	if r.heard('n') {
		r.serverNotice('n', "NICK: "+e.OldSource+" is now "+nick)
	}
}

// modesChanged shows the changes on as many lines as it takes to keep each within the limit.
func (r *renderer) modesChanged(e *state.ModesChanged) {
	source := r.sourceOf(e.By)
	const mostParams = 12 // with source, command and target a line stays within 15 parameters
	room := wire.MaxLineBytes - len(":  MODE  \r\n") - len(source) - len(e.Channel.Name())
	for changes := e.Changes; len(changes) > 0; {
		n, used, params := 0, 0, 0
		for n < len(changes) {
			size := 2 // a sign and a letter, at most
			if changes[n].Param != "" {
				size += 1 + len(changes[n].Param)
				params++
			}
			if n > 0 && (used+size > room || params > mostParams) {
				break
			}
			used += size
			n++
		}
		modes, args := state.FormatModes(changes[:n])
		l := r.number(r.line(e.By, source, "MODE", append([]string{e.Channel.Name(), modes}, args...)...))
		r.toMembers(l, e.Channel)
		r.rememberIn(l, e.Channel, l.line.Params[1:])
		changes = changes[n:]
	}
}

func (r *renderer) userModesChanged(e *state.UserModesChanged) {
	modes, params := state.FormatModes(e.Changes)
	r.toUser(r.line(e.User, e.User.Source(), "MODE", append([]string{e.User.Nick(), modes}, params...)...), e.User)
	if len(params) > 0 {
		eachSessionOf(e.User, func(c *Client) { r.numericTo(c, rplSnomask.with(e.User.Snomask())) })
	}
}

// renamed: a client that does not know RENAME sees everybody leave the old channel and itself join the new one, unless
// only the case changes, which it need not know.
// https://ircv3.net/specs/extensions/channel-rename#fallback
func (r *renderer) renamed(e *state.Renamed) {
	reason := e.Reason
	if reason == "" {
		reason = "Renamed to " + e.Channel.Name() + " by " + e.By.Nick()
	}
	rename := r.number(r.line(e.By, e.By.Source(), "RENAME", e.Old, e.Channel.Name(), e.Reason).text())
	r.rememberIn(rename, e.Channel, rename.line.Params)
	eachSession(e.Channel, func(m *state.Member, c *Client) {
		if c.has(capChannelRename) {
			r.to(rename, c)
			return
		}
		if e.CaseOnly {
			return
		}
		u := m.User()
		r.to(r.partLine(u, e.Old, reason), c)
		r.to(r.joinLine(u, e.Channel, c.has(capExtendedJoin)), c)
		r.welcomeInto(e.Channel, m, c)
		r.entered(e.Channel, c)
	})
}

// messageSent delivers to everybody but the session that sent it, and to that one too if it asked for its echo.
// https://modern.ircdocs.horse/#privmsg-message, https://ircv3.net/specs/extensions/echo-message
func (r *renderer) messageSent(e *state.MessageSent) {
	tagsOnly := e.Kind == state.Tagmsg
	target := ""
	if e.Channel != nil {
		target = e.AtLeast.Prefixes(false) + e.Channel.Name()
	} else {
		target = e.Target.Nick()
	}
	var l *outLine
	if e.Shown != "" {
		l = r.shownAs(e)
	} else {
		l = r.line(e.From, e.From.Source(), e.Kind.String(), target, e.Text).text()
	}
	l.id, l.tags, l.parts = e.Stamp.Position(0), e.Tags, e.Lines
	if tagsOnly {
		l.line.Params, l.line.Text = l.line.Params[:1], false
	}
	r.rememberMessage(l, e)
	if e.Channel == nil {
		if !e.Unheard {
			r.deliver(l, e.Target, tagsOnly)
		}
		// Who speaks to himself has heard it in all sessions; only the one that spoke gets an echo besides.
		r.echo(l, e, e.Target == e.From)
		return
	}
	member := false
	for _, m := range e.Channel.Members() {
		if m.User() == e.From {
			member = true
		} else if (e.Audience == state.NoRank || m.Ranks().AtLeast(e.Audience)) && !m.User().Deaf() {
			r.deliver(l, m.User(), tagsOnly)
		}
	}
	r.echo(l, e, false)
	if member {
		eachSessionOf(e.From, func(c *Client) {
			if c.id == e.Stamp.Session {
				c.current = e.Channel.ID()
			}
		})
	}
}

// deliver queues a message for all sessions of its recipient.
func (r *renderer) deliver(l *outLine, u *state.User, tagsOnly bool) {
	for _, x := range u.Sessions() {
		c := local(x)
		switch {
		case c == nil, tagsOnly && !c.has(capMessageTags):
		case c == r.by:
			// Who speaks to himself must be able to tell the message from its echo, which has the label.
			// https://ircv3.net/specs/extensions/labeled-response#tags
			r.out.sendAside(c, l.encodedFor(c))
		default:
			r.to(l, c)
		}
	}
}

// echo queues a message for the sender's sessions that want their echo: all of them, or only the one that spoke.
func (r *renderer) echo(l *outLine, e *state.MessageSent, onlySpeaker bool) {
	for _, x := range e.From.Sessions() {
		c := local(x)
		if c == nil || !c.has(capEchoMessage) || onlySpeaker && c.id != e.Stamp.Session {
			continue
		}
		if e.Kind != state.Tagmsg || c.has(capMessageTags) {
			r.to(l, c)
		}
	}
}
