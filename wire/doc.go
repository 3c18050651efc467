// Package wire turns bytes into IRC messages and messages into bytes.
//
// It owns the limits of a line, the order of tags and everything that keeps one parameter from becoming two
// or one line from becoming two. It is the only caller of gopkg.in/irc.v4, whose parser reads what comes in;
// what goes out is appended to a buffer here, never built with the library's String.
//
// It never knows what a command means. Its invariants: Parse never panics, whatever the bytes; what Append
// writes is one line, ends in CR LF, and is never longer than MaxLineBytes (tags apart).
package wire
