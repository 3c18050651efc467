package commands

import (
	"cmp"
	"strings"
	"time"

	"bavard/config"
	"bavard/state"
	"bavard/wire"
)

// metadataVerb is one subcommand of METADATA.
type metadataVerb struct {
	run func(*Call)
	// words is the smallest number of parameters after it.
	words int
	// own: its target must be "*". negotiated: only for clients with the capability, because it results in METADATA lines.
	own, negotiated bool
}

// metadataVerbs: https://ircv3.net/specs/extensions/metadata#metadata-client-command
var metadataVerbs map[string]metadataVerb

func init() {
	metadataVerbs = map[string]metadataVerb{
		"GET":   {run: (*Call).getMetadata, words: 1},
		"LIST":  {run: (*Call).listMetadata},
		"SET":   {run: (*Call).setMetadata, words: 1},
		"CLEAR": {run: (*Call).clearMetadata},
		"SUB":   {run: (*Call).subscribe, words: 1, own: true, negotiated: true},
		"UNSUB": {run: (*Call).unsubscribe, words: 1, own: true, negotiated: true},
		"SUBS":  {run: (*Call).listSubscriptions, own: true, negotiated: true},
		"SYNC":  {run: (*Call).syncMetadata, negotiated: true},
	}
}

// visibleToAll is the visibility of every key; there is no other one.
// https://ircv3.net/specs/extensions/metadata#metadata-server-message
const visibleToAll = "*"

// metadataValue is the value of the capability: METADATA works before registration, and the limits.
// https://ircv3.net/specs/extensions/metadata#draftmetadata-2-capability
func metadataValue(v *view, _ *Client) string {
	return "before-connect,max-subs=" + itoa(v.config.Metadata.MaxSubs) + ",max-keys=" + itoa(v.policy.MetadataKeys) +
		",max-value-bytes=" + itoa(v.policy.MetadataValueBytes)
}

// metadataValueBytes is the greatest length of a value, so that it fits into a line with the longest names.
func metadataValueBytes(cfg *config.Config) int {
	limits := &cfg.Limits
	target := max(limits.NickLength, limits.ChannelLength)
	room := wire.MaxLineBytes - len("\r\n") - target - cfg.Metadata.MaxKeyBytes
	told := room - len(":!@ METADATA   * :") - limits.NickLength - limits.UserLength - limits.HostLength
	answered := room - len(":  761    * :") - len(cfg.Server.Name) - limits.NickLength
	return min(cfg.Metadata.MaxValueBytes, told, answered)
}

func hasMetadata(c *Client) bool { return c.view().config.Metadata.Enabled }

// isEarlyMetadata reports whether a METADATA is about the client itself. Before the welcome, a client has no access to
// other metadata.
func isEarlyMetadata(_ *Client, m *wire.Message) bool { return len(m.Params) > 0 && m.Params[0] == "*" }

func runMetadata(c *Call) {
	word := c.param(1)
	verb, known := metadataVerbs[strings.ToUpper(word)]
	switch {
	case !known:
		c.fail("SUBCOMMAND_INVALID", "The subcommand must be CLEAR, GET, LIST, SET, SUB, SUBS, SYNC or UNSUB", mention(word))
	case verb.negotiated && !c.has(capMetadata):
		// This rule is ours: clients that have not negotiated METADATA lines do not get them.
		c.fail("SUBCOMMAND_INVALID", "This subcommand needs the capability draft/metadata-2", mention(word))
	case verb.own && c.param(0) != "*", c.registration != nil && c.param(0) != "*":
		c.fail("INVALID_TARGET", "The target must be * for this subcommand", mention(c.param(0)))
	case len(c.params()) < 2+verb.words:
		c.fail("NEED_MORE_PARAMS", "Not enough parameters: "+c.command.syntax, mention(word))
	default:
		verb.run(c)
	}
}

// mention returns a word from a client in a form that an answer can contain, because a key may have any bytes.
func mention(word string) string { return echoable(strings.ToValidUTF8(word, "?")) }

// metadataTexts holds the texts of the refusals without a number in them.
// https://ircv3.net/specs/extensions/metadata#standard-replies
var metadataTexts = map[state.Code]string{
	state.NoMetadataTarget: "No such user or channel",
	state.MetadataDenied:   "You may not set that",
	state.MetadataNotSet:   "That key is not set",
	state.MetadataFull:     "The limit on the number of keys has been reached",
}

// metadataText returns the text of a refusal.
func (c *Call) metadataText(r *state.Refusal) string {
	switch r.Code {
	case state.BadMetadataKey:
		return "A key may contain only a-z, 0-9 and _./- and have at most " + itoa(c.view().policy.MetadataKeyBytes) + " bytes"
	case state.BadMetadataValue:
		return "A value must be UTF-8 and have at most " + itoa(c.view().policy.MetadataValueBytes) + " bytes"
	}
	return cmp.Or(r.Why, metadataTexts[r.Code])
}

// metadataNumeric is for the table of refusals. METADATA itself answers with standard replies.
func metadataNumeric(c *Call, r *state.Refusal) numeric {
	return errUnknownError.with(c.message.Command, c.metadataText(r))
}

// failMetadata answers with a standard reply, even to clients that have not negotiated them.
// https://ircv3.net/specs/extensions/metadata#standard-replies
func (c *Call) failMetadata(r *state.Refusal) {
	row, known := refusalTable[r.Code], c.metadataText(r)
	target, key := mention(c.param(0)), mention(r.Param)
	switch r.Code {
	case state.NoMetadataTarget, state.MetadataFull:
		c.fail(row.fail, known, target)
	case state.BadMetadataKey:
		c.fail(row.fail, known, key)
	case state.BadMetadataValue:
		c.fail(row.fail, known)
	case state.MetadataDenied, state.MetadataNotSet:
		c.fail(row.fail, known, target, key)
	default:
		c.answer(r)
	}
}

// metadataOf returns the metadata of the command's target, and the name of the target. If there is none that the caller
// may read, it answers the command and ok is false. The lock is held.
func (c *Call) metadataOf(s *state.State) (name string, list state.Metadata, ok bool) {
	if c.registration != nil {
		return "*", c.registration.metadata, true
	}
	switch u, channel := s.MetadataTarget(c.user(), c.param(0)); {
	case u != nil:
		return u.Nick(), u.Metadata(), true
	case channel == nil:
		c.failMetadata(&state.Refusal{Code: state.NoMetadataTarget})
	case !c.mayReadMetadata(s, channel):
		c.denyMetadata(channel)
	default:
		return channel.Name(), channel.Metadata(), true
	}
	return "", nil, false
}

// mayReadMetadata reports whether the caller may read a channel's metadata. Users who may read the channel's topic can,
// and so can IRC operators who may change the metadata.
func (c *Call) mayReadMetadata(s *state.State, channel *state.Channel) bool {
	return s.ChannelReadable(c.user(), channel) || c.user().Can(state.PrivMetadata)
}

// denyMetadata refuses all keys at once, so that the answer does not show which of them are set.
// https://ircv3.net/specs/extensions/metadata#metadata-list
func (c *Call) denyMetadata(channel *state.Channel) {
	c.fail("KEY_NO_PERMISSION", "You may not read that from outside an invite-only channel", channel.Name(), "*")
}

// metadataKeys returns the keys in the command, without repeats.
func (c *Call) metadataKeys() []string { return uniqueWords(c.params()[2:]) }

// getMetadata: https://ircv3.net/specs/extensions/metadata#metadata-get
func (c *Call) getMetadata() {
	keys := c.metadataKeys()
	c.extra += float64(len(keys)) / 16 // there may be many, and each is a line
	c.View(func(s *state.State) {
		name, list, ok := c.metadataOf(s)
		if !ok {
			return
		}
		b := c.openBatch(&c.out, "metadata", name)
		for _, key := range keys {
			value, set := list.Value(key)
			switch {
			case set:
				b.numeric(rplKeyValue.with(name, key, visibleToAll, value))
			case s.Policy().JudgeMetadataKey(key) != nil:
				b.say(c.standardReply("FAIL", "KEY_INVALID", c.metadataText(&state.Refusal{Code: state.BadMetadataKey}), mention(key)))
			default:
				b.numeric(rplKeyNotSet.with(name, key))
			}
		}
		b.end()
	})
}

// listMetadata: https://ircv3.net/specs/extensions/metadata#metadata-list
func (c *Call) listMetadata() {
	c.View(func(s *state.State) {
		name, list, ok := c.metadataOf(s)
		if !ok {
			return
		}
		b := c.openBatch(&c.out, "metadata", name)
		for _, x := range list {
			b.numeric(rplKeyValue.with(name, x.Key, visibleToAll, x.Value))
		}
		b.end()
	})
}

// setMetadata: https://ircv3.net/specs/extensions/metadata#metadata-set
func (c *Call) setMetadata() {
	op := &state.SetMetadata{Target: c.param(0), Key: c.param(2), Value: c.param(3), Remove: len(c.params()) < 4}
	if wait := c.changeMetadataLater(); wait > 0 {
		c.fail("RATE_LIMITED", "Too many changes", mention(op.Target), mention(op.Key), wholeSeconds(wait))
		return
	}
	if c.registration != nil {
		c.setMetadataEarly(op)
		return
	}
	done := "set " + op.Key + " of " + op.Target + " to " + op.Value
	if op.Remove {
		done = "removed " + op.Key + " from " + op.Target
	}
	c.changeMetadata(op, done, func(name string, _ []state.Metadatum) { c.metadataSet(name, op) })
}

// changeMetadata runs an operation, and answers it under the same lock. IRC operators are told when one of them has
// used the privilege.
func (c *Call) changeMetadata(op state.Op, done string, answer func(name string, removed []state.Metadatum)) {
	overrode := false
	refusal := c.Try(op, func(s *state.State, events []state.Event) {
		var removed []state.Metadatum
		for _, e := range events {
			if changed, is := e.(*state.MetadataChanged); is {
				overrode = changed.By == nil
				if changed.Removed {
					removed = append(append(removed, state.Metadatum{Key: changed.Key, Value: changed.Value}), changed.Also...)
				}
			}
		}
		if name, _, ok := c.metadataOf(s); ok {
			answer(name, removed)
		}
	})
	switch {
	case refusal != nil:
		c.failMetadata(refusal)
	case overrode:
		c.tell('v', "METADATA", done)
	}
}

// setMetadataEarly keeps what a client sets before registration.
func (c *Call) setMetadataEarly(op *state.SetMetadata) {
	changed, refusal := c.view().policy.ChangeMetadata(c.registration.metadata, op, false)
	if refusal != nil {
		c.failMetadata(refusal)
		return
	}
	c.registration.metadata = changed
	c.metadataSet("*", op)
}

// metadataSet answers a change of one key, and counts the change.
func (c *Call) metadataSet(name string, op *state.SetMetadata) {
	changes := &c.config().Metadata
	c.changes.take(1, c.server.order.Steady(), float64(changes.ChangesPerMinute)/60, float64(changes.ChangesBurst))
	if op.Remove {
		c.reply(rplKeyNotSet.with(name, op.Key))
	} else {
		c.reply(rplKeyValue.with(name, op.Key, visibleToAll, op.Value))
	}
}

// changeMetadataLater returns how long the client has to wait before its next change, because changes are sent to many.
func (c *Call) changeMetadataLater() time.Duration {
	cfg := c.config()
	if cfg.Flood.ExemptOpers && c.can(state.PrivOper) {
		return 0
	}
	return c.changes.missing(1, c.server.order.Steady(), float64(cfg.Metadata.ChangesPerMinute)/60, float64(cfg.Metadata.ChangesBurst))
}

// wholeSeconds formats a wait in seconds, rounded up and at least 1.
func wholeSeconds(d time.Duration) string {
	return itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// clearMetadata removes all metadata, and answers which keys are no longer set. The specification has RPL_KEYVALUE for
// this, but also says that CLEAR is the same as a SET without a value for each key, which is answered with
// RPL_KEYNOTSET. Clients would read RPL_KEYVALUE as a key that is still set.
// https://ircv3.net/specs/extensions/metadata#metadata-clear
func (c *Call) clearMetadata() {
	if c.registration != nil {
		cleared := c.registration.metadata
		c.registration.metadata = nil
		c.keysCleared("*", cleared)
		return
	}
	op := &state.ClearMetadata{Target: c.param(0)}
	c.changeMetadata(op, "removed all metadata from "+op.Target, c.keysCleared)
}

// keysCleared sends a batch with the keys that are no longer set.
func (c *Call) keysCleared(name string, list []state.Metadatum) {
	b := c.openBatch(&c.out, "metadata", name)
	for _, x := range list {
		b.numeric(rplKeyNotSet.with(name, x.Key))
	}
	b.end()
}
