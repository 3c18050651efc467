package commands

import (
	"slices"

	"bavard/state"
	"bavard/wire"
)

// runMode: https://modern.ircdocs.horse/#mode-message
func runMode(c *Call) {
	if c.param(0) == "" {
		c.needMoreParams()
		return
	}
	if state.IsChannelName(c.param(0)) {
		c.channelMode(c.param(0), c.params()[1:])
	} else {
		c.userMode(c.param(0), c.params()[1:])
	}
}

func (c *Call) channelMode(name string, args []string) {
	if len(args) == 0 || args[0] == "" {
		c.showModes(name)
		return
	}
	request := c.view().policy.ParseChannelModes(args, c.config().Limits.ModesPerLine)
	// To ask costs little: clients do so for each channel that they join. To change costs as much as to speak.
	if len(request.Changes) > 0 {
		c.extra += 1 + float64(len(request.Changes))/4
	}
	if len(request.Changes) > 0 || len(request.Queries) == 0 {
		if !c.Do(&state.SetModes{Channel: name, Changes: request.Changes}, nil) {
			return
		}
	}
	for _, letter := range request.Queries {
		c.showModeList(name, letter)
	}
}

// showModes shows a channel's modes, on a further line when they do not fit into one: long channel names and keys may
// be allowed, and a line must not be cut in one. Only members see the key.
// https://modern.ircdocs.horse/#rplchannelmodeis-324
func (c *Call) showModes(name string) {
	c.View(func(s *state.State) {
		channel := c.openChannel(s, name)
		if channel == nil {
			return
		}
		modes, params := channel.Modes(c.user().Member(channel) != nil)
		for _, words := range modeLines(modes, params, c.room("324", channel.Name())) {
			c.reply(rplChannelModeIs.with(append([]string{channel.Name()}, words...)...))
		}
		c.reply(rplCreationTime.with(channel.Name(), seconds(channel.Created())))
	})
}

// modeLines divides modes and their parameters into lines of at most room bytes. There is always at least one.
func modeLines(modes string, params []string, room int) [][]string {
	lines, used := [][]string{{"+"}}, 1
	for i := 1; i < len(modes); i++ {
		param, size := []string(nil), 1
		if state.ChannelModeInfo(modes[i]).Kind != state.FlagMode {
			param, params = params[:1], params[1:]
			size += 1 + len(param[0])
		}
		if used+size > room && used > 1 {
			lines, used = append(lines, []string{"+"}), 1
		}
		last := &lines[len(lines)-1]
		(*last)[0] += modes[i : i+1]
		*last = append(*last, param...)
		used += size
	}
	return lines
}

// openChannel finds a channel that the caller may know of, or tells them that there is none.
func (c *Call) openChannel(s *state.State, name string) *state.Channel {
	channel := s.ChannelFor(c.user(), name)
	if channel == nil {
		c.reply(errNoSuchChannel.with(echoable(name)))
	}
	return channel
}

// showModeList shows a list. Everyone who may see the channel sees its bans. Secret lists, such as exceptions, are for
// members, so that outsiders do not learn whom to imitate.
func (c *Call) showModeList(name string, letter byte) {
	info := state.ChannelModeInfo(letter)
	mayRead := func(channel *state.Channel) bool {
		if info.Secret && c.user().Member(channel) == nil {
			c.reply(errNotOnChannel.with(channel.Name()))
			return false
		}
		return true
	}
	found, _ := c.eachEntry(name, letter, mayRead, func(channel *state.Channel, e *state.ListEntry) {
		c.reply(rplModeList(info.Entry).with(channel.Name(), e.Mask, e.Setter, seconds(e.Time)))
	})
	if found {
		c.reply(rplEndOfModeList(info.End).with(echoable(name), "End of channel "+info.Name+" list"))
	}
}

// eachEntry sends a long answer about the entries of a list, in pages if the list is long. It returns whether the
// caller may read the list, which mayRead decides (nil: anyone who may see the channel), and the number of entries. The
// entries that one operation has set are in one page, because their order is the same.
func (c *Call) eachEntry(name string, letter byte, mayRead func(*state.Channel) bool, visit func(*state.Channel, *state.ListEntry)) (found bool, n int) {
	next := uint64(0)
	c.pages(func(s *state.State, p *page) bool {
		channel := s.ChannelFor(c.user(), name)
		if !found {
			if channel = c.openChannel(s, name); channel == nil || mayRead != nil && !mayRead(channel) {
				return true
			}
			found = true
		}
		if channel == nil {
			return true // it has ended since the last page
		}
		entries, last := channel.List(letter), next
		for i := range entries {
			e := &entries[i]
			if e.Order() < next {
				continue
			}
			if e.Order() != last && len(entries) > pageItems && !p.more() {
				next = e.Order()
				return false
			}
			last = e.Order()
			visit(channel, e)
			n++
		}
		return true
	})
	return found, n
}

// userMode: https://modern.ircdocs.horse/#user-mode
func (c *Call) userMode(nick string, args []string) {
	own, found := false, false
	c.View(func(s *state.State) {
		u := s.User(nick)
		found, own = u != nil, u == c.user()
		if own && (len(args) == 0 || args[0] == "") {
			c.reply(rplUmodeIs.with(u.Modes()))
			if u.HasMode('s') {
				c.reply(rplSnomask.with(u.Snomask()))
			}
		}
	})
	switch {
	case !found:
		c.reply(errNoSuchNick.with(echoable(nick)))
	case !own:
		c.reply(errUsersDontMatch.with())
	case len(args) > 0 && args[0] != "":
		c.Do(&state.SetUserModes{Changes: state.ParseUserModes(args[0], args[1:]...)}, nil)
	}
}

// runGrant and runRevoke are MODE +o and -o with the words of the hierarchy: GRANT nick [#channel], or GRANT #channel
// nick.
func runGrant(c *Call)  { c.changeOperator(true) }
func runRevoke(c *Call) { c.changeOperator(false) }

func (c *Call) changeOperator(on bool) {
	nick, channel := c.param(0), c.param(1)
	if state.IsChannelName(nick) {
		nick, channel = channel, nick
	}
	if nick == "" {
		c.needMoreParams()
		return
	}
	if channel == "" {
		if channel = c.currentName(); channel == "" {
			return
		}
	}
	member := func(s *state.State) *state.Member {
		here, u := s.ChannelFor(c.user(), channel), s.User(nick)
		if here == nil || u == nil {
			return nil
		}
		return u.Member(here)
	}
	before := state.NoRank
	c.View(func(s *state.State) {
		if m := member(s); m != nil {
			before = m.Ranks()
		}
	})
	c.Do(&state.SetModes{Channel: channel, Changes: []state.ModeChange{{On: on, Letter: 'o', Param: nick}}}, func(s *state.State, events []state.Event) {
		// MODE says nothing when there is no change, but people who type GRANT expect an answer.
		m := member(s)
		switch already := m != nil && !happened[*state.Declined](events) && (before&state.Operator != 0) == on; {
		case already && on:
			c.notice(m.Channel().Name(), m.User().Nick()+" is an operator already")
		case already && m.Ranks()&state.Operator == 0:
			c.notice(m.Channel().Name(), m.User().Nick()+" is no operator")
		}
	})
}

// modesChanged shows the changes to the members. In an auditorium, those who do not see a member are not told of their
// ranks either, nor is history.
func (r *renderer) modesChanged(e *state.ModesChanged) {
	public, concerned := r.publicChanges(e)
	for _, l := range r.modeLines(e, public) {
		if len(concerned) == 0 {
			r.toMembers(l, e.Channel)
		} else {
			eachSession(e.Channel, func(m *state.Member, c *Client) {
				if !m.SeesAll() && !slices.Contains(concerned, m) {
					r.to(l, c)
				}
			})
		}
		r.rememberIn(l, e.Channel, l.line.Params[1:])
	}
	if len(concerned) == 0 {
		return
	}
	for _, l := range r.modeLines(e, e.Changes) {
		eachSession(e.Channel, func(m *state.Member, c *Client) {
			if m.SeesAll() {
				r.to(l, c)
			}
		})
	}
	for _, m := range concerned {
		if m.SeesAll() {
			continue
		}
		own := slices.DeleteFunc(slices.Clone(e.Changes), func(change state.ModeChange) bool {
			of := r.unseenBy(e.Channel, change)
			return of != nil && of != m
		})
		for _, l := range r.modeLines(e, own) {
			r.toUser(l, m.User())
		}
	}
}

// publicChanges returns the changes that all members may see, and the members whose ranks the other changes are about.
func (r *renderer) publicChanges(e *state.ModesChanged) (public []state.ModeChange, concerned []*state.Member) {
	begins := slices.ContainsFunc(e.Changes, func(change state.ModeChange) bool { return change.Letter == 'u' })
	if !e.Channel.HasMode('u') || begins { // before the change to +u, all members saw each other
		return e.Changes, nil
	}
	for _, change := range e.Changes {
		switch m := r.unseenBy(e.Channel, change); {
		case m == nil:
			public = append(public, change)
		case !slices.Contains(concerned, m):
			concerned = append(concerned, m)
		}
	}
	return public, concerned
}

// unseenBy returns the member whose rank a change is about, if some members do not see them, and otherwise nil.
func (r *renderer) unseenBy(channel *state.Channel, change state.ModeChange) *state.Member {
	isRank := slices.ContainsFunc(r.server.state.Policy().RankList(), func(row state.RankInfo) bool { return row.Letter == change.Letter })
	if !isRank {
		return nil
	}
	u := r.server.state.User(change.Param)
	if u == nil || u.Member(channel) == nil || u.Member(channel).Seen(false) {
		return nil
	}
	return u.Member(channel)
}

// modeLines shows the changes on as many lines as it takes to keep each within the limit.
func (r *renderer) modeLines(e *state.ModesChanged, changes []state.ModeChange) (lines []*outLine) {
	source := r.sourceOf(e.By)
	const mostParams = 12 // with source, command and target a line stays within 15 parameters
	room := wire.MaxLineBytes - len(":  MODE  \r\n") - len(source) - len(e.Channel.Name())
	for len(changes) > 0 {
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
		lines = append(lines, r.number(r.line(e.By, source, "MODE", append([]string{e.Channel.Name(), modes}, args...)...)))
		changes = changes[n:]
	}
	return lines
}

func (r *renderer) userModesChanged(e *state.UserModesChanged) {
	modes, params := state.FormatModes(e.Changes)
	r.toUser(r.line(e.User, e.User.Source(), "MODE", append([]string{e.User.Nick(), modes}, params...)...), e.User)
	if len(params) > 0 {
		eachSessionOf(e.User, func(c *Client) { r.numericTo(c, rplSnomask.with(e.User.Snomask())) })
	}
}
