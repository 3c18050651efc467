package commands

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"bavard/state"
	"bavard/wire"
)

// appendLines appends a multiline message in the shape for these capabilities.
func (l *outLine) appendLines(dst []byte, caps capSet) []byte {
	target := l.line.Params[0]
	parts := fitting(l.parts, l.line.Source, l.line.Command, target)
	if caps.has(capMultiline) {
		return l.appendBatch(dst, caps, target, parts)
	}
	return l.appendFallback(dst, caps, target, parts)
}

// appendBatch appends the message as a batch. Only the first line has the message's tags. The reference tag is derived
// from the message, so that all recipients of this shape share its bytes. Its capital letter distinguishes it from the
// reference tags of a connection's own batches.
// https://ircv3.net/specs/extensions/multiline#batch-types
func (l *outLine) appendBatch(dst []byte, caps capSet, target string, parts []state.TextPart) []byte {
	reference := "M" + strconv.FormatUint(l.id.Order, 36)
	start := batchStart(l.line.Source, reference, multilineBatch.name, target)
	start.Tags = l.appendTags(nil, caps)
	dst = wire.Append(dst, start)
	tags := []wire.Tag{{Key: "batch", Value: reference}, {Key: concatTag}}
	for _, part := range parts {
		line := wire.Line{Tags: tags[:1], Source: l.line.Source, Command: l.line.Command, Params: []string{target, part.Text}, Text: true}
		if part.Concat {
			line.Tags = tags
		}
		dst = wire.Append(dst, line)
	}
	return wire.Append(dst, batchEnd(l.server.view.Load().name, reference))
}

// appendFallback appends the message as one message for each line that is not blank. Only the first has the id,
// because there is one message. Every line has the sender's tags, the time and the client-only tags.
// https://ircv3.net/specs/extensions/multiline#fallback
func (l *outLine) appendFallback(dst []byte, caps capSet, target string, parts []state.TextPart) []byte {
	rest := outLine{server: l.server, from: l.from, time: l.time, account: l.account, bot: l.bot, tags: repeatable(l.tags)}
	tags := l.appendTags(nil, caps)
	first := true
	for _, part := range parts {
		if part.Text == "" {
			continue
		}
		dst = wire.Append(dst, wire.Line{Tags: tags, Source: l.line.Source, Command: l.line.Command, Params: []string{target, part.Text}, Text: true})
		if first {
			first, tags = false, rest.appendTags(nil, caps)
		}
	}
	return dst
}

// mostRepeatedTagBytes bounds the client-only tags that are repeated on each line of a fallback, because repeating
// long tags would multiply the sender's bytes.
const mostRepeatedTagBytes = 256

// repeatable returns the client-only tags for the lines after the first: without +reply or +channel-context, clients
// would show these lines in a different place than the first.
func repeatable(tags []state.Tag) []state.Tag {
	bytes := 0
	for _, t := range tags {
		bytes += len(wire.AppendTags(nil, []wire.Tag{wire.Tag(t)}))
	}
	if bytes > mostRepeatedTagBytes {
		return nil
	}
	return tags
}

// fitting returns the parts in the form in which they are sent. A line that is too long with the source before it is
// split without losing text, after a space if one is near, and never inside a rune.
func fitting(parts []state.TextPart, source, verb, target string) []state.TextPart {
	room := max(wire.MaxLineBytes-len(":   :\r\n")-len(source)-len(verb)-len(target), 2*utf8.UTFMax)
	long := false
	for i := range parts {
		long = long || len(parts[i].Text) > room
	}
	if !long {
		return parts
	}
	var fit []state.TextPart
	for _, part := range parts {
		for len(part.Text) > room {
			piece := wire.Cut(part.Text, room)
			if space := strings.LastIndexByte(piece, ' '); space > room/2 {
				piece = piece[:space+1]
			}
			fit = append(fit, state.TextPart{Text: piece, Concat: part.Concat})
			part = state.TextPart{Text: part.Text[len(piece):], Concat: true}
		}
		fit = append(fit, part)
	}
	return fit
}
