package commands

import (
	"slices"

	"bavard/state"
)

// tell logs what an IRC operator has done, and tells the operators who want such notices. The text must contain no
// secret.
func (c *Call) tell(mask byte, verb, what string) {
	c.log().Info("operator action", "verb", verb, "by", c.nick(), "what", what)
	c.server.announce(&c.out, mask, verb+": "+c.nick()+" "+what)
}

// announce sends a server notice to the operators who want it. The lock is not held.
func (s *Server) announce(out *outbox, mask byte, text string) {
	s.order.Lock()
	defer s.order.Unlock()
	s.do(out, nil, &state.Announce{Mask: mask, Text: text})
}

// toAllOpers stands for a letter in server notices that no IRC operator can turn off.
const toAllOpers byte = 0

// serverNotice sends a server notice to the IRC operators whose snomask has this letter.
func (r *renderer) serverNotice(mask byte, text string) {
	for _, u := range r.server.state.Operators() {
		if mask == toAllOpers || u.Hears(mask) {
			r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", u.Nick(), "*** "+text).text(), u)
		}
	}
}

// heard reports whether anyone receives server notices of this letter. Their text is made only then.
func (r *renderer) heard(mask byte) bool {
	return slices.ContainsFunc(r.server.state.Operators(), func(u *state.User) bool { return u.Hears(mask) })
}

// describe describes a user for IRC operators.
func describe(u *state.User) string {
	return u.Source() + " [" + u.Address() + "] [" + u.Realname() + "]"
}

// tellOthers sends a server notice to all operators except the one who acts, who has already been answered.
func (r *renderer) tellOthers(mask byte, by *state.User, text string) {
	for _, u := range r.server.state.Operators() {
		if u != by && u.Hears(mask) {
			r.toUser(r.line(nil, r.server.view.Load().name, "NOTICE", u.Nick(), "*** "+text).text(), u)
		}
	}
}
