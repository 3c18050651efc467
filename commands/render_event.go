package commands

import (
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
		gone := state.ChannelBuffer(e.Channel.ID())
		r.remember(state.Record{Drop: &gone})
	case *state.Declined:
		r.declined(e)
	default:
		r.renderUser(e)
	}
}

// renderUser renders events of users that do not concern one channel.
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

// renderServer renders events of the whole server, and those that only IRC operators are told.
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

// declined answers a part of an operation that was refused. Numerics that name the command name MODE, which is the
// only command with such parts.
func (r *renderer) declined(e *state.Declined) {
	if r.by != nil {
		call := &Call{Client: r.by, message: &wire.Message{Command: "MODE"}}
		call.answer(&e.Refusal)
	}
}
