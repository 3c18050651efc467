package commands

import (
	"slices"

	"bavard/state"
)

// tell logs what an operator has done, and tells the operators who want to hear. It never has a secret in it.
func (c *Call) tell(mask byte, verb, what string) {
	c.log().Info("operator action", "verb", verb, "by", c.nick(), "what", what)
	c.server.announce(&c.out, mask, verb+": "+c.nick()+" "+what)
}

// announce sends a server notice to the operators who want to hear. The lock is not held.
func (s *Server) announce(out *outbox, mask byte, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(out, nil, 0, &state.Announce{Mask: mask, Text: text})
}

// serverNotice tells the IRC operators who have set this letter of their server notices.
func (r *renderer) serverNotice(mask byte, text string) {
	for _, u := range r.server.state.Operators() {
		if u.Hears(mask) {
			r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", u.Nick(), "*** "+text).text(), u)
		}
	}
}

// heard tells whether somebody gets this letter of server notices: their text is made only then.
func (r *renderer) heard(mask byte) bool {
	return slices.ContainsFunc(r.server.state.Operators(), func(u *state.User) bool { return u.Hears(mask) })
}

// describe is a user as operators read of him.
func describe(u *state.User) string {
	return u.Source() + " [" + u.Address() + "] [" + u.Realname() + "]"
}

// tellOthers sends a server notice to the operators but one, who has had his own answer.
func (r *renderer) tellOthers(mask byte, by *state.User, text string) {
	for _, u := range r.server.state.Operators() {
		if u != by && u.Hears(mask) {
			r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", u.Nick(), "*** "+text).text(), u)
		}
	}
}
