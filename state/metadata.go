package state

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Metadata: keys with values that users and channels carry. A user's is his own, a channel's that of its operators.
// https://ircv3.net/specs/extensions/metadata

// Metadatum is one key with its value.
type Metadatum struct{ Key, Value string }

// Metadata is a list of keys with their values, by key; each key stands once. A list is never changed in place.
type Metadata []Metadatum

// The operations on metadata. Target is a channel's name, a nick or "*", the actor himself.
type (
	// SetMetadata gives a key a value or, with Remove, takes the key away.
	SetMetadata struct {
		Target, Key, Value string
		Remove             bool
	}
	// ClearMetadata takes all keys away.
	ClearMetadata struct{ Target string }
)

func (*SetMetadata) kind() byte   { return 62 }
func (*ClearMetadata) kind() byte { return 63 }

// MetadataChanged: a key of a user or of a channel has another value or, if Removed, none; Value is the one that it had
// then. One of User and Channel is set.
type MetadataChanged struct {
	// By is who did it, and Session where; nil when an IRC operator's privilege did.
	By      *User
	Session SessionID
	User    *User
	Channel *Channel
	Key     string
	Value   string
	Removed bool
}

func (*MetadataChanged) event() {}

// find is where a key stands, or would.
func (m Metadata) find(key string) (at int, found bool) {
	return slices.BinarySearchFunc(m, key, func(x Metadatum, key string) int { return strings.Compare(x.Key, key) })
}

// Value is a key's value. A value may be empty, so found tells whether there is one.
func (m Metadata) Value(key string) (value string, found bool) {
	if at, found := m.find(key); found {
		return m[at].Value, true
	}
	return "", false
}

// ValidMetadataKey tells whether a key has only a-z, 0-9 and _./- and is not empty. What stands first does not matter.
// https://ircv3.net/specs/extensions/metadata#keys-and-values
func ValidMetadataKey(key string) bool {
	for i := 0; i < len(key); i++ {
		if b := key[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && strings.IndexByte("_./-", b) < 0 {
			return false
		}
	}
	return key != ""
}

// validMetadataValue: any UTF-8 that a line can carry.
func validMetadataValue(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsAny(value, "\r\n\x00")
}

// JudgeMetadataKey refuses what is no key, or too long for one.
func (p *Policy) JudgeMetadataKey(key string) *Refusal {
	if len(key) > p.MetadataKeyBytes || !ValidMetadataKey(key) {
		return &Refusal{Code: BadMetadataKey, Param: key}
	}
	return nil
}

// ChangeMetadata is a list with one change, or why there is none. anyKey: keys that not everybody may set are allowed too.
// https://ircv3.net/specs/extensions/metadata#metadata-set
func (p *Policy) ChangeMetadata(m Metadata, op *SetMetadata, anyKey bool) (Metadata, *Refusal) {
	if refusal := p.JudgeMetadataKey(op.Key); refusal != nil {
		return nil, refusal
	}
	at, found := m.find(op.Key)
	switch {
	case op.Remove && !found:
		return nil, &Refusal{Code: MetadataNotSet, Param: op.Key}
	case op.Remove:
		return slices.Delete(slices.Clone(m), at, at+1), nil
	case !anyKey && len(p.MetadataAllowed) > 0 && !slices.Contains(p.MetadataAllowed, op.Key):
		return nil, &Refusal{Code: MetadataDenied, Param: op.Key, Why: "This server does not allow that key"}
	case len(op.Value) > p.MetadataValueBytes || !validMetadataValue(op.Value):
		return nil, &Refusal{Code: BadMetadataValue, Param: op.Key}
	case !found && len(m) >= p.MetadataKeys:
		return nil, &Refusal{Code: MetadataFull, Param: op.Key}
	}
	changed := make(Metadata, 0, len(m)+1)
	changed = append(append(changed, m[:at]...), Metadatum{strings.Clone(op.Key), strings.Clone(op.Value)})
	if found {
		at++
	}
	return append(changed, m[at:]...), nil
}

// keepMetadata is what of the metadata that somebody brings along is allowed: the policy may have changed since he was told.
func (p *Policy) keepMetadata(brought []Metadatum) (kept Metadata) {
	for _, x := range brought {
		if changed, refusal := p.ChangeMetadata(kept, &SetMetadata{Key: x.Key, Value: x.Value}, false); refusal == nil {
			kept = changed
		}
	}
	return kept
}

// MetadataTarget finds whose metadata somebody means by a channel's name, a nick or "*", himself: a user, a channel or,
// when there is nothing that he may know of, neither.
func (s *State) MetadataTarget(viewer *User, target string) (*User, *Channel) {
	switch {
	case target == "*":
		return viewer, nil
	case !IsChannelName(target):
		return s.User(target), nil
	}
	c := s.ChannelFor(viewer, target)
	if c == nil || !s.ChannelVisible(viewer, c) && !viewer.Can(PrivMetadata) && !viewer.Can(PrivAuspex) {
		return nil, nil
	}
	return nil, c
}

// metadataHolder is a user or a channel whose metadata somebody is about to change.
type metadataHolder struct {
	list    *Metadata
	user    *User
	channel *Channel
	// by is who does it, nil when only a privilege lets him.
	by      *User
	session SessionID
	// denied: he may not change it; anyKey: he may set keys that others may not.
	denied, anyKey bool
}

// metadataHolder finds a target. The actor may change himself, channels in which he is operator, and all with the privilege.
func (s *State) metadataHolder(st Stamp, target string) (metadataHolder, *Refusal) {
	session, refusal := s.actor(st)
	if refusal != nil {
		return metadataHolder{}, refusal
	}
	u := session.user
	h := metadataHolder{by: u, session: session.id, anyKey: u.Can(PrivMetadata)}
	own := false
	switch h.user, h.channel = s.MetadataTarget(u, target); {
	case h.channel != nil:
		h.list = &h.channel.metadata
		m := u.Member(h.channel)
		own = m != nil && m.ranks.AtLeast(Operator)
	case h.user != nil:
		h.list = &h.user.metadata
		own = h.user == u
	default:
		return h, &Refusal{Code: NoMetadataTarget, Param: target}
	}
	h.denied = !own && !h.anyKey
	if !own {
		h.by = nil
	}
	return h, nil
}

func (s *State) metadataChanged(h *metadataHolder, x Metadatum, removed bool) {
	s.emit(&MetadataChanged{h.by, h.session, h.user, h.channel, x.Key, x.Value, removed})
}

// apply: a value that is set again is no change that others need to know of.
func (op *SetMetadata) apply(s *State, st Stamp) *Refusal {
	h, refusal := s.metadataHolder(st, op.Target)
	if refusal != nil {
		return refusal
	}
	// What is wrong in any case is told before what the actor may not do.
	if refusal := s.policy.JudgeMetadataKey(op.Key); refusal != nil {
		return refusal
	}
	if h.denied {
		return &Refusal{Code: MetadataDenied, Param: op.Key}
	}
	before, set := h.list.Value(op.Key)
	changed, refusal := s.policy.ChangeMetadata(*h.list, op, h.anyKey)
	if refusal != nil {
		return refusal
	}
	if set && !op.Remove && before == op.Value {
		return nil
	}
	*h.list = changed
	if op.Remove {
		s.metadataChanged(&h, Metadatum{op.Key, before}, true)
	} else {
		s.metadataChanged(&h, Metadatum{op.Key, op.Value}, false)
	}
	return nil
}

// apply: https://ircv3.net/specs/extensions/metadata#metadata-clear
func (op *ClearMetadata) apply(s *State, st Stamp) *Refusal {
	h, refusal := s.metadataHolder(st, op.Target)
	switch {
	case refusal != nil:
		return refusal
	case h.denied:
		return &Refusal{Code: MetadataDenied, Param: "*"}
	}
	cleared := *h.list
	*h.list = nil
	for _, x := range cleared {
		s.metadataChanged(&h, x, true)
	}
	return nil
}

// Metadata are the user's keys and values.
func (u *User) Metadata() Metadata { return u.metadata }

// Metadata are the channel's keys and values.
func (c *Channel) Metadata() Metadata { return c.metadata }

// check: keys and values are valid, and the keys in order.
func (m Metadata) check() error {
	for i, x := range m {
		if !ValidMetadataKey(x.Key) || !validMetadataValue(x.Value) || i > 0 && m[i-1].Key >= x.Key {
			return fmt.Errorf("metadata %q at %d", x.Key, i)
		}
	}
	return nil
}

// checkMetadataBounds is a part of CheckBounds.
func (p *Policy) checkMetadataBounds(m Metadata) error {
	if len(m) > p.MetadataKeys {
		return fmt.Errorf("%d keys of metadata", len(m))
	}
	for _, x := range m {
		if len(x.Key) > p.MetadataKeyBytes || len(x.Value) > p.MetadataValueBytes {
			return fmt.Errorf("metadata %q of %d bytes", x.Key, len(x.Value))
		}
	}
	return nil
}
