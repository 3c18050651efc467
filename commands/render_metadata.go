package commands

import "bavard/state"

// metadataChanged tells those who have subscribed to the key and see whose it is: of a channel its members; of a user those
// who share a channel with him, those who watch him, and his own other sessions. The session that did it has its answer.
// https://ircv3.net/specs/extensions/metadata#notifications
func (r *renderer) metadataChanged(e *state.MetadataChanged) {
	if r.by != nil {
		r.by.overrode = e.By == nil
		if e.Removed {
			r.by.cleared = append(r.by.cleared, state.Metadatum{Key: e.Key, Value: e.Value})
		}
	}
	l := r.metadataLine(e)
	r.server.walk++
	walk := r.server.walk
	tell := func(c *Client) {
		if c.seen == walk {
			return
		}
		c.seen = walk
		if c.id != e.Session && c.wants(e.Key) {
			r.to(l, c)
		}
	}
	if e.Channel != nil {
		eachSession(e.Channel, func(_ *state.Member, c *Client) { tell(c) })
		return
	}
	eachSessionOf(e.User, tell)
	for _, m := range e.User.Members() {
		eachWitness(m, func(_ *state.Member, c *Client) { tell(c) })
	}
	for _, c := range r.watchers(e.User.Nick()) {
		tell(c)
	}
}

// metadataLine shows a change; of a key that is gone there is no value, while an empty one is a value.
func (r *renderer) metadataLine(e *state.MetadataChanged) *outLine {
	var target string
	if e.Channel != nil {
		target = e.Channel.Name()
	} else {
		target = e.User.Nick()
	}
	if e.Removed {
		return r.line(e.By, r.sourceOf(e.By), "METADATA", target, e.Key, visibleToAll)
	}
	return r.line(e.By, r.sourceOf(e.By), "METADATA", target, e.Key, visibleToAll, e.Value).text()
}

// introduction are the lines with a user's metadata, for those who begin to see him.
type introduction struct {
	list  state.Metadata
	lines []*outLine
}

func (r *renderer) introduction(u *state.User) introduction {
	in := introduction{list: u.Metadata()}
	for _, x := range in.list {
		in.lines = append(in.lines, r.line(nil, r.sourceOf(nil), "METADATA", u.Nick(), x.Key, visibleToAll, x.Value).text())
	}
	return in
}

// introduce tells a client what of it the client has subscribed to.
func (r *renderer) introduce(in introduction, c *Client) {
	for i, x := range in.list {
		if c.wants(x.Key) {
			r.to(in.lines[i], c)
		}
	}
}
