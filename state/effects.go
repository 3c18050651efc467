package state

import (
	"slices"
	"strings"
)

// The effects of modes. Each function reports whether its mode forbids an attempt of the kinds that its row names.

// always is for modes that forbid the attempt to everyone except exempt ranks.
func always(*attempt) bool { return true }

func keyForbids(a *attempt) bool { return a.key != a.channel.Param('k') }

// limitForbids counts only the members that can be seen, because a limit must not reveal hidden members.
func limitForbids(a *attempt) bool {
	return len(a.channel.members)-a.channel.unseen >= a.channel.parsed('l').(int)
}

func inviteForbids(a *attempt) bool { return !a.state.matches(a.channel, 'I', a.user) }

func externalForbids(a *attempt) bool { return a.member == nil }

func ctcpForbids(a *attempt) bool { return anyText(a.text, a.lines, IsRequest) }

// IsRequest reports whether a text is a CTCP message other than an action.
// https://modern.ircdocs.horse/ctcp#extended-formatting
func IsRequest(text string) bool {
	return strings.HasPrefix(text, "\x01") && !strings.HasPrefix(text, "\x01ACTION ")
}

// moderatedForbids refuses nothing with +U, under which the message reaches the operators.
func moderatedForbids(a *attempt) bool { return !a.channel.HasMode('U') }

// opModeratedForbids refuses nothing. It limits the audience of the message.
func opModeratedForbids(a *attempt) bool {
	a.audience = Operator
	return false
}

func noticeForbids(a *attempt) bool { return a.kind == Notice }

func colourForbids(a *attempt) bool { return a.anyText(isFormatted) }

// anyText reports whether a test is true for a text of the message that others read: its text, the value of a tag, or
// the name of the character who says it.
func (a *attempt) anyText(holds func(string) bool) bool {
	for i := range a.tags {
		if value := a.tags[i].Value; value != "" && !isMessageID(value) && holds(value) {
			return true
		}
	}
	return a.character != "" && holds(a.character) || anyText(a.text, a.lines, holds)
}

func isFormatted(text string) bool { return strings.ContainsAny(text, formatting) }

func stripForbids(a *attempt) bool {
	a.tags = stripTags(a.tags)
	if len(a.lines) > 0 {
		a.lines = stripLines(a.lines)
		return isBlank(a.lines)
	}
	bare := stripFormatting(a.text)
	if bare == "" && a.text != "" {
		return true
	}
	a.text = bare
	return false
}

// stripTags returns tags whose values have no formatting: the same, if none has any.
func stripTags(tags []Tag) []Tag {
	if !slices.ContainsFunc(tags, func(t Tag) bool { return isFormatted(t.Value) }) {
		return tags
	}
	bare := slices.Clone(tags)
	for i := range bare {
		bare[i].Value = stripFormatting(bare[i].Value)
	}
	return bare
}
