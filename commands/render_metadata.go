package commands

import "bavard/state"

// metadataChanged tells clients that have subscribed to the key: for a channel its members; for a user those who share
// a channel with the user, those who watch them, and their own other sessions. The session that changed it has been
// answered.
// https://ircv3.net/specs/extensions/metadata#notifications
func (r *renderer) metadataChanged(e *state.MetadataChanged) {
	keys := append([]state.Metadatum{{Key: e.Key, Value: e.Value}}, e.Also...)
	lines := make([]*outLine, len(keys))
	for i, x := range keys {
		lines[i] = r.metadataLine(e, x)
	}
	r.server.walk++
	walk := r.server.walk
	tell := func(c *Client) {
		if c.seen == walk {
			return
		}
		c.seen = walk
		for i, l := range lines {
			if c.id != e.Session && c.wants(keys[i].Key) {
				r.to(l, c)
			}
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

// metadataLine returns the line for a change. A removed key has no value, which is different from an empty one.
func (r *renderer) metadataLine(e *state.MetadataChanged, x state.Metadatum) *outLine {
	var target string
	if e.Channel != nil {
		target = e.Channel.Name()
	} else {
		target = e.User.Nick()
	}
	if e.Removed {
		return r.line(e.By, r.sourceOf(e.By), "METADATA", target, x.Key, visibleToAll)
	}
	return r.line(e.By, r.sourceOf(e.By), "METADATA", target, x.Key, visibleToAll, x.Value).text()
}

// introduction holds the lines with a user's metadata, for clients that begin to see the user.
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

// introduce sends a client the lines that it has subscribed to.
func (r *renderer) introduce(in introduction, c *Client) {
	for i, x := range in.list {
		if c.wants(x.Key) {
			r.to(in.lines[i], c)
		}
	}
}
