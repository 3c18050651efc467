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
	capBatch
	capLabeledResponse
	capAccountTag
	capOperTag
	capStandardReplies
	capExtendedISupport
	capAccountNotify
	capSASL
	capChathistory
	capEventPlayback
	capPlayback
	capMultiline
	capMessageRedaction
	capMetadata
	capInviteNotify
	capNoImplicitNames
	capPreAway
	capExtendedMonitor
	capReadMarker
	capSTS
	capRelaymsg
)

// capability is one row of the table of capabilities.
type capability struct {
	bit capSet
	specification
	// offered reports whether the capability is available to this client under this configuration; nil: always. Like
	// value, it depends on the client only by its STS policy, see capsKind.
	offered func(v *view, c *Client) bool
	// announced: it only informs clients, by its value. Clients cannot request it, and it is never withdrawn.
	announced bool
	// value is shown after the name to clients with version 302; nil: nothing is.
	value func(v *view, c *Client) string
}

// capTable holds every capability, in the order in which they are listed. CAP LS, LIST, REQ, NEW and DEL use it. The
// renderers decide how a capability changes the shape of a line.
var capTable = []capability{
	{bit: capAccountNotify, specification: ratified("account-notify", "account", "account_caps", "account_hidden")},
	{bit: capAccountTag, specification: ratified("account-tag", "account_caps", "sasl_after")},
	{bit: capAwayNotify, specification: ratified("away-notify", "away", "pre_away", "extended_monitor")},
	{bit: capBatch, specification: ratified("batch", "labels")},
	{bit: capCapNotify, specification: ratified("cap-notify", "cap", "cap_reload").at("capability-negotiation#cap-notify")},
	{bit: capChghost, specification: ratified("chghost", "chghost", "extended_monitor")},
	{bit: capChannelRename, specification: draft("draft/channel-rename", "rename", "rename_case", "rename_redirect")},
	{bit: capChathistory, specification: draft("draft/chathistory", "chathistory", "chathistory_errors", "chathistory_private", "chathistory_accounts", "chathistory_silence", "chathistory_targets", "chathistory_targets_whom", "chathistory_shapes", "chathistory_off"),
		offered: func(v *view, _ *Client) bool { return v.config.History.LinesPerChannel > 0 }},
	{bit: capEventPlayback, specification: draft("draft/event-playback", "chathistory_events", "chathistory_hidden").at("chathistory"),
		offered: func(v *view, _ *Client) bool { _, events, _ := v.config.History.Bounds(false); return events > 0 }},
	{bit: capExtendedISupport, specification: draft("draft/extended-isupport", "isupport")},
	{
		bit: capMessageRedaction, specification: draft("draft/message-redaction", "redact", "redact_ranks", "redact_private", "redact_history", "redact_multiline"),
		offered: func(v *view, _ *Client) bool {
			return v.config.Messages.Redaction && v.config.History.LinesPerChannel > 0
		},
	},
	{bit: capMetadata, specification: draft("draft/metadata-2", "metadata", "metadata_subs", "metadata_sync", "metadata_before_connect", "metadata_refused", "metadata_limits", "metadata_hidden", "metadata_mixed").at("metadata"),
		offered: func(v *view, _ *Client) bool { return v.config.Metadata.Enabled }, value: metadataValue},
	{bit: capMultiline, specification: draft("draft/multiline", "multiline", "multiline_fail", "multiline_filter", "multiline_history", "multiline_labels", "multiline_long", "multiline_modes", "multiline_options", "multiline_private"),
		offered: func(v *view, _ *Client) bool { return v.policy.MultilineLines > 0 }, value: multilineValue},
	{bit: capOperTag, specification: draft("draft/oper-tag", "oper_tag")},
	{bit: capPreAway, specification: draft("draft/pre-away", "pre_away")},
	{
		bit: capReadMarker, specification: draft("draft/read-marker", "read_marker", "read_marker_names", "read_marker_account", "read_marker_limits"),
		offered: func(v *view, _ *Client) bool { return v.policy.ReadMarkers > 0 },
	},
	{bit: capRelaymsg, specification: draft("draft/relaymsg", "relaymsg", "relaymsg_mixed", "relaymsg_options").at("https://github.com/ircv3/ircv3-specifications/pull/417"),
		offered: func(v *view, _ *Client) bool { return v.config.Relaymsg.Enabled }, value: func(v *view, _ *Client) string { return v.config.Relaymsg.Separators }},
	{bit: capEchoMessage, specification: ratified("echo-message", "echo")},
	{bit: capExtendedJoin, specification: ratified("extended-join", "account", "account_caps", "mixed_caps")},
	{bit: capExtendedMonitor, specification: ratified("extended-monitor", "extended_monitor")},
	{bit: capInviteNotify, specification: ratified("invite-notify", "invite_notify")},
	{bit: capLabeledResponse, specification: ratified("labeled-response", "labels")},
	{bit: capMessageTags, specification: ratified("message-tags", "message_tags", "client_tags", "mixed_caps", "commands/tag_limits_test.go")},
	{bit: capMultiPrefix, specification: ratified("multi-prefix", "names", "prefixes_everywhere")},
	{bit: capNoImplicitNames, specification: ratified("no-implicit-names", "no_implicit_names")},
	{bit: capSASL, specification: ratified("sasl", "sasl", "sasl_after", "sasl_changes", "sasl_chunks", "sasl_once").at("sasl-3.2"),
		offered: func(v *view, _ *Client) bool { return len(v.mechanisms) > 0 },
		value:   func(v *view, _ *Client) string { return strings.Join(v.mechanisms, ",") }},
	{bit: capServerTime, specification: ratified("server-time", "mixed_caps", "modes_history")},
	{bit: capSetname, specification: ratified("setname", "setname", "extended_monitor")},
	{bit: capStandardReplies, specification: ratified("standard-replies", "standard_replies")},
	{bit: capSTS, specification: ratified("sts", "sts", "sts_hosts", "cap_reload", "ircd/sts_test.go"), announced: true,
		offered: func(v *view, c *Client) bool { return stsPolicy(v, c) != "" }, value: stsPolicy},
	{bit: capUserhostInNames, specification: ratified("userhost-in-names", "names", "prefixes_everywhere")},
	{bit: capPlayback, specification: vendor("znc.in/playback", "https://wiki.znc.in/Playback", "playback", "playback_verb", "playback_clear", "playback_auto"),
		offered: func(v *view, _ *Client) bool { return v.config.History.LinesPerChannel > 0 }},
}

func (s capSet) has(c capSet) bool { return s&c != 0 }

// offeredTo returns the capabilities that are available to a client.
func (v *view) offeredTo(c *Client) (all capSet) {
	for i := range capTable {
		if row := &capTable[i]; row.offered == nil || row.offered(v, c) {
			all |= row.bit
		}
	}
	return all
}

// announcements returns the capabilities that clients cannot request.
func announcements() (all capSet) {
	for i := range capTable {
		if capTable[i].announced {
			all |= capTable[i].bit
		}
	}
	return all
}

// grantedTo returns the capabilities that a client may request.
func (v *view) grantedTo(c *Client) capSet { return v.offeredTo(c) &^ announcements() }

// names lists the set in the table's order.
func (s capSet) names() (list []string) {
	for i := range capTable {
		if s.has(capTable[i].bit) {
			list = append(list, capTable[i].name)
		}
	}
	return list
}

// described lists the set with values, for clients with version 302.
// https://ircv3.net/specs/extensions/capability-negotiation#capability-values
func (s capSet) described(v *view, c *Client) (list []string) {
	for i := range capTable {
		if s.has(capTable[i].bit) {
			list = append(list, capTable[i].described(v, c))
		}
	}
	return list
}

func (row *capability) described(v *view, c *Client) string {
	if row.value != nil {
		if value := row.value(v, c); value != "" {
			return row.name + "=" + value
		}
	}
	return row.name
}

// parseCaps parses the list of a REQ into the capabilities to add and those to remove. The last word for each
// capability counts. ok is false if any name is not offered, because then the whole request is refused.
// https://ircv3.net/specs/extensions/capability-negotiation#the-cap-req-subcommand
func parseCaps(list string, offered capSet) (add, remove capSet, ok bool) {
	for _, word := range strings.Fields(list) {
		name, off := strings.CutPrefix(word, "-")
		bit := capByName(name)
		if bit&offered == 0 {
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
	for i := range capTable {
		if capTable[i].name == name {
			return capTable[i].bit
		}
	}
	return 0
}
