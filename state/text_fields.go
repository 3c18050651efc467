package state

import (
	"slices"
	"strings"
)

// The fields of operations that hold texts. Content filters check them before the operation is applied.

// ownText is a text that the actor has written. spare: if the text is blocked, it is replaced by instead; otherwise the
// operation is refused. prefix is the server's text before the user's words.
type ownText struct {
	kind            TextKind
	text            *string
	spare           bool
	instead, prefix string
}

// ownTexts returns the texts of an operation. Operations that are not named here carry none, see TestEveryTextIsNamed.
func ownTexts(op Op) (list []ownText) {
	needed := func(kind TextKind, texts ...*string) {
		for _, text := range texts {
			list = append(list, ownText{kind: kind, text: text})
		}
	}
	spare := func(kind TextKind, text *string, instead string) {
		list = append(list, ownText{kind: kind, text: text, spare: true, instead: instead})
	}
	tags := func(tags []Tag) {
		for i := range tags {
			needed(TagText, &tags[i].Value)
		}
	}
	switch op := op.(type) {
	case *Register:
		needed(NickText, &op.Nick)
		spare(UsernameText, &op.Username, "user")
		spare(RealnameText, &op.Realname, op.Nick)
		spare(AwayText, &op.Away, AwayUnspecified)
	case *Message:
		needed(MessageText, &op.Text)
		for i := range op.Lines {
			needed(MessageText, &op.Lines[i].Text)
		}
		tags(op.Tags)
	case *Relay:
		needed(MessageText, &op.Text)
		needed(CharacterText, &op.Nick)
		tags(op.Tags)
	case *Play:
		needed(MessageText, &op.Text)
		needed(CharacterText, &op.Nick)
		tags(op.Tags)
	case *Join:
		needed(ChannelText, &op.Channel)
	case *Rename:
		needed(ChannelText, &op.New)
		spare(RenameText, &op.Reason, "")
	case *SetModes:
		for i := range op.Changes {
			spare(BanText, &op.Changes[i].Reason, "")
		}
	case *SetTopic:
		needed(TopicText, &op.Text)
	case *Part:
		spare(LeavingText, &op.Reason, "")
	case *Cycle:
		spare(LeavingText, &op.Reason, "")
	case *Quit:
		if strings.HasPrefix(op.Reason, quitPrefix) { // other reasons come from the server
			list = append(list, ownText{QuitText, &op.Reason, true, "", quitPrefix})
		}
	case *Kick:
		spare(KickText, &op.Reason, "")
	case *Redact:
		spare(RedactionText, &op.Reason, "")
	case *SetAway:
		spare(AwayText, &op.Text, AwayUnspecified)
	case *ChangeNick:
		needed(NickText, &op.Nick)
	case *SetRealname:
		needed(RealnameText, &op.Text)
	case *SetMetadata:
		if IsChannelName(op.Target) {
			needed(ChannelMetadataText, &op.Value)
		} else {
			needed(MetadataText, &op.Value)
		}
	}
	return list
}

// FilterTexts passes the texts of an operation to a content filter, the function blocks. A blocked text that the
// operation can do without is removed or replaced. FilterTexts returns the kind of the first blocked text that it
// cannot do without, or 0.
func FilterTexts(op Op, blocks func(text string) bool) (refused TextKind) {
	for _, own := range ownTexts(op) {
		switch text := strings.TrimPrefix(*own.text, own.prefix); {
		case text == "" || !own.kind.asks(askFilter) || own.kind == TagText && isMessageID(text) || !blocks(text):
		case own.spare:
			*own.text = own.prefix + own.instead
		case refused == 0:
			refused = own.kind
		}
	}
	switch op := op.(type) {
	case *Message: // lines may be blocked only once they are joined
		if len(op.Lines) > 0 && slices.ContainsFunc(Paragraphs(op.Lines), blocks) && refused == 0 {
			refused = MessageText
		}
	case *Register:
		op.Metadata = slices.DeleteFunc(slices.Clone(op.Metadata), func(x Metadatum) bool { return blocks(x.Value) })
	}
	return refused
}

// isMessageID reports whether the value of a tag is the id of a message, as in +reply. Users do not read ids.
func isMessageID(text string) bool {
	_, is := ParseEventID(text)
	return is
}

// Blocked returns the refusal of an operation because a content filter blocks one of its texts; why is the reason of
// the filter.
func Blocked(op Op, kind TextKind, why string) *Refusal {
	r := &Refusal{Code: TextBlocked, Text: kind, Why: "Your " + kind.String() + " was blocked"}
	if why != "" {
		r.Why += ": " + why
	}
	switch op := op.(type) {
	case *Message:
		if r.Nick = op.Target; IsChannelName(op.Target) {
			r.Channel, r.Nick = op.Target, ""
		}
	case *Relay:
		r.Channel = op.Channel
	case *Play:
		r.Channel = op.Channel
	case *SetTopic:
		r.Channel = op.Channel
	case *Join:
		r.Channel = op.Channel
	case *ChangeNick:
		r.Nick = op.Nick
	case *Register:
		r.Nick = op.Nick
	case *Rename:
		r.Code, r.Channel, r.Param = CannotRename, op.Channel, op.New
	case *SetRealname:
		r.Code = CannotChangeRealname
	case *SetMetadata:
		r.Code, r.Param = MetadataDenied, op.Key
	}
	return r
}
