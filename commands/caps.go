package commands

import "strings"

// capSet is a set of capabilities.
type capSet uint64

// The capabilities.
const (
	capMessageTags capSet = 1 << iota
	capServerTime
	capEchoMessage
	capMultiPrefix
	capUserhostInNames
	capAwayNotify
	capExtendedJoin
	capChannelRename
	capCapNotify
	capChghost
	capSetname
)

// capability is one row of the table of capabilities.
type capability struct {
	bit  capSet
	name string
	spec string
}

// capTable: every capability. CAP LS, LIST, REQ, NEW and DEL follow; what a capability does to a line's shape is an if
// in a renderer.
var capTable = []capability{
	{capAwayNotify, "away-notify", "https://ircv3.net/specs/extensions/away-notify"},
	{capCapNotify, "cap-notify", "https://ircv3.net/specs/extensions/capability-negotiation#cap-notify"},
	{capChghost, "chghost", "https://ircv3.net/specs/extensions/chghost"},
	{capChannelRename, "draft/channel-rename", "https://ircv3.net/specs/extensions/channel-rename"},
	{capEchoMessage, "echo-message", "https://ircv3.net/specs/extensions/echo-message"},
	{capExtendedJoin, "extended-join", "https://ircv3.net/specs/extensions/extended-join"},
	{capMessageTags, "message-tags", "https://ircv3.net/specs/extensions/message-tags"},
	{capMultiPrefix, "multi-prefix", "https://ircv3.net/specs/extensions/multi-prefix"},
	{capServerTime, "server-time", "https://ircv3.net/specs/extensions/server-time"},
	{capSetname, "setname", "https://ircv3.net/specs/extensions/setname"},
	{capUserhostInNames, "userhost-in-names", "https://ircv3.net/specs/extensions/userhost-in-names"},
}

func (s capSet) has(c capSet) bool { return s&c != 0 }

// names lists the set in the table's order.
func (s capSet) names() []string {
	var list []string
	for _, row := range capTable {
		if s.has(row.bit) {
			list = append(list, row.name)
		}
	}
	return list
}

// allCaps is everything in the table.
func allCaps() capSet {
	var all capSet
	for _, row := range capTable {
		all |= row.bit
	}
	return all
}

// parseCaps reads a REQ: what to add and what to remove, the last word on each counting. ok is false when one name is
// not known: the whole is refused.
// https://ircv3.net/specs/extensions/capability-negotiation#the-cap-req-subcommand
func parseCaps(list string) (add, remove capSet, ok bool) {
	for _, word := range strings.Fields(list) {
		name, off := strings.CutPrefix(word, "-")
		bit := capByName(name)
		if bit == 0 {
			return 0, 0, false
		}
		if off {
			add, remove = add&^bit, remove|bit
		} else {
			add, remove = add|bit, remove&^bit
		}
	}
	return add, remove, true
}

func capByName(name string) capSet {
	for _, row := range capTable {
		if row.name == name {
			return row.bit
		}
	}
	return 0
}
