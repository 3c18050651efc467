package commands

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"bavard/state"
	"bavard/wire"
)

// appendLines writes a multiline message in the shape of these capabilities.
func (l *outLine) appendLines(dst []byte, caps capSet) []byte {
	target := l.line.Params[0]
	parts := fitting(l.parts, l.line.Source, l.line.Command, target)
	if caps.has(capMultiline) {
		return l.appendBatch(dst, caps, target, parts)
	}
	return l.appendFallback(dst, caps, target, parts)
}

// appendBatch writes it as a batch. What tells of the message stands on the first line, and nowhere else. The reference tag
// follows from the message, so that all who get this shape share its bytes; its capital letter keeps it apart from those of
// a connection's own batches.
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

// appendFallback writes it as messages of one line each, without the blank ones. The id is the message's, which is one: only
// its first line has it. Who speaks and when is true of every line, and so is what its client says of it.
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

// mostRepeatedTagBytes bounds the client-only tags that stand on each line of a fallback: longer ones would make much of little.
const mostRepeatedTagBytes = 256

// repeatable are the client-only tags for the lines after the first: without its +reply or +channel-context a line would
// be shown in another place than the one before it.
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

// fitting are the parts as they go out. The lines stay as their author has made them, but one that is too long with his name
// before it is cut in two, after a space if there is one near, and never inside a rune: so nothing of it is lost.
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
