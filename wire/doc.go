// Package wire parses bytes into IRC messages, and formats messages as bytes.
//
// It owns the limits of a line, the order of tags, and the rules that keep one parameter from becoming two and one line
// from becoming two. It is the only user of gopkg.in/irc.v4, whose parser reads the input. Output is appended to a
// buffer here, never built with that library's String method.
//
// It does not know what commands mean. Its invariants: Parse never panics, whatever the bytes; Append writes exactly
// one line, which ends in CR LF and, without its tags, is never longer than MaxLineBytes.
package wire
