package commands

import "log/slog"

// The first argument of each logging call is the name of an event. It never changes at run time, so that entries can be
// searched for; everything variable is an attribute. docs/logging.md lists the events and their attributes.

// sessionKey is the attribute with the id of the session that an entry is about.
const sessionKey = "session"

// log returns the log for entries about this session. They all carry its id, so that one client's story can be found.
func (c *Client) log() *slog.Logger { return c.server.options.Log.With(c.LogAttr()) }

// LogAttr identifies the session in log entries. Package transport uses it too.
func (c *Client) LogAttr() slog.Attr { return slog.Uint64(sessionKey, uint64(c.id)) }

// log returns the log for entries about the session that acts, if there is one.
func (r *renderer) log() *slog.Logger {
	if r.replayed {
		return silent
	}
	if r.by == nil {
		return r.server.options.Log
	}
	return r.by.log()
}
