package commands

import (
	"unicode/utf8"

	"bavard/state"
	"bavard/wire"
)

// concatTag is the tag of a line that continues the previous one.
// https://ircv3.net/specs/extensions/multiline#tags
const concatTag = "draft/multiline-concat"

// multiline collects the lines of a message.
// https://ircv3.net/specs/extensions/multiline
type multiline struct {
	target string
	// tags are the client-only tags of the batch's first line.
	tags  []state.Tag
	kind  state.MessageKind
	lines []state.TextPart
	// bytes is the length of the combined text. mostBytes and mostLines are the bounds that applied when the batch began.
	bytes, mostBytes, mostLines int
}

const multilineInvalid = "MULTILINE_INVALID"

var multilineBatch = batchType{name: "draft/multiline", needs: capBatch | capMultiline, invalid: multilineInvalid, begin: beginMultiline}

// multilineValue is the value of the capability, which announces the bounds.
// https://ircv3.net/specs/extensions/multiline#capabilities
func multilineValue(v *view, _ *Client) string {
	return "max-bytes=" + itoa(v.policy.MultilineBytes) + ",max-lines=" + itoa(v.policy.MultilineLines)
}

func invalidMultiline(text string) *batchFailure {
	return &batchFailure{code: multilineInvalid, text: text}
}

func beginMultiline(c *Call, params []string) (collector, *batchFailure) {
	if len(params) == 0 || params[0] == "" {
		return nil, invalidMultiline("Invalid multiline batch without a target")
	}
	// A multiline message has exactly one target.
	if targets := splitList(params[0]); len(targets) != 1 || targets[0] != params[0] {
		return nil, invalidMultiline("Invalid multiline batch with several targets")
	}
	p := &c.view().policy
	tags, _ := c.clientTags(1)
	return &multiline{target: params[0], tags: tags, mostBytes: p.MultilineBytes, mostLines: p.MultilineLines}, nil
}

// add: https://ircv3.net/specs/extensions/multiline#errors
func (m *multiline) add(c *Call) *batchFailure {
	if failure := m.judge(c); failure != nil {
		return failure
	}
	_, concat := c.message.Tags[concatTag]
	text := c.param(1)
	more := len(text)
	if len(m.lines) > 0 && !concat {
		more++ // the line break
	}
	switch {
	case concat && text == "":
		return invalidMultiline("Invalid multiline batch with concatenated blank line")
	case concat && len(m.lines) == 0:
		return invalidMultiline("Invalid multiline batch: the first line cannot be concatenated")
	case len(m.lines) == m.mostLines:
		return &batchFailure{code: "MULTILINE_MAX_LINES", context: []string{itoa(m.mostLines)}, text: "Multiline batch max-lines exceeded"}
	case m.bytes+more > m.mostBytes:
		return &batchFailure{code: "MULTILINE_MAX_BYTES", context: []string{itoa(m.mostBytes)}, text: "Multiline batch max-bytes exceeded"}
	}
	m.bytes += more
	// Only the text is kept, not the line that contained it.
	m.lines = append(m.lines, state.TextPart{Text: string([]byte(text)), Concat: concat})
	return nil
}

// judge checks everything in a line except its text.
func (m *multiline) judge(c *Call) *batchFailure {
	var kind state.MessageKind
	switch c.message.Command {
	case "PRIVMSG":
		kind = state.Privmsg
	case "NOTICE":
		kind = state.Notice
	default:
		return invalidMultiline("Invalid multiline batch: it may contain only PRIVMSG or only NOTICE")
	}
	// https://ircv3.net/specs/extensions/multiline#message-tags-spec
	for key := range c.message.Tags {
		if key != "batch" && key != concatTag {
			return invalidMultiline("Invalid multiline batch: message tags belong on the BATCH command")
		}
	}
	fold := c.view().policy.Casemapping.Fold
	switch {
	case len(c.params()) != 2:
		return invalidMultiline("Invalid multiline batch: each line needs a target and a text")
	case fold(c.param(0)) != fold(m.target):
		return &batchFailure{code: "MULTILINE_INVALID_TARGET", context: []string{excerpt(m.target), excerpt(c.param(0))}, text: "Invalid multiline target"}
	case len(m.lines) == 0:
		m.kind = kind
	case kind != m.kind:
		return invalidMultiline("Invalid multiline batch: PRIVMSG and NOTICE are mixed")
	}
	// https://ircv3.net/specs/extensions/utf8-only
	if c.config().Server.UTF8Only && !utf8.ValidString(c.param(1)) {
		return &batchFailure{code: "INVALID_UTF8", text: "Message rejected, your IRC software MUST use UTF-8 encoding on this network"}
	}
	return nil
}

// run sends the message. Only mistakes in the batch are answered with a FAIL; other refusals are those of any message.
func (m *multiline) run(c *Call) *batchFailure {
	blank := true
	for _, line := range m.lines {
		blank = blank && line.Text == ""
	}
	switch {
	case len(m.lines) == 0:
		return invalidMultiline("Invalid multiline batch without lines")
	case blank:
		return invalidMultiline("Invalid multiline batch with blank lines only")
	}
	verb := m.kind.String()
	call := &Call{Client: c.Client, message: &wire.Message{Command: verb, Params: []string{m.target, ""}}, command: table[verb]}
	refusal := call.send(&state.Message{Kind: m.kind, Tags: m.tags, Lines: m.lines}, m.target)
	switch {
	case refusal == nil:
	case refusal.Code == state.BadMultiline: // the bounds have changed since the batch began
		return invalidMultiline(refusal.Why)
	case m.kind != state.Notice:
		call.answer(refusal)
	}
	return nil
}
