package state

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Metadata consists of keys with values that describe users and channels. Users change their own metadata, and
// operators that of their channels.
// https://ircv3.net/specs/extensions/metadata

// Metadatum is one key with its value.
type Metadatum struct{ Key, Value string }

// Metadata is a list of keys with their values, sorted by key. Each key occurs once. A list is never changed in place.
type Metadata []Metadatum

// The operations on metadata. Target is a channel name, a nick, or "*" for the actor.
type (
	// SetMetadata sets the value of a key or, with Remove, removes the key.
	SetMetadata struct {
		Target, Key, Value string
		Remove             bool
	}
	// ClearMetadata removes all keys.
	ClearMetadata struct{ Target string }
)

// MetadataChanged: a key of a user or channel has a different value or, if Removed, has been removed; Value is then the
// previous value. Either User or Channel is set.
type MetadataChanged struct {
	// By is the user who made the change, and Session their session. By is nil if the user needed an IRC operator's
	// privilege.
	By      *User
	Session SessionID
	User    *User
	Channel *Channel
	Key     string
	Value   string
	Removed bool
	// Also lists the other keys that were removed by the same operation.
	Also []Metadatum
}

func (*MetadataChanged) event() {}

// find returns the index of a key, or where it would be inserted.
func (m Metadata) find(key string) (at int, found bool) {
	return slices.BinarySearchFunc(m, key, func(x Metadatum, key string) int { return strings.Compare(x.Key, key) })
}

// Value returns the value of a key. A value may be empty; found reports whether the key exists.
func (m Metadata) Value(key string) (value string, found bool) {
	if at, found := m.find(key); found {
		return m[at].Value, true
	}
	return "", false
}

// ValidMetadataKey reports whether a key is not empty and has only a-z, 0-9 and _./-, in any order.
// https://ircv3.net/specs/extensions/metadata#keys-and-values
func ValidMetadataKey(key string) bool {
	for i := 0; i < len(key); i++ {
		if b := key[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && strings.IndexByte("_./-", b) < 0 {
			return false
		}
	}
	return key != ""
}

// validMetadataValue reports whether a value is UTF-8 that fits into a line.
func validMetadataValue(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsAny(value, "\r\n\x00")
}

// JudgeMetadataKey refuses an invalid or too long key.
func (p *Policy) JudgeMetadataKey(key string) *Refusal {
	if len(key) > p.MetadataKeyBytes || !ValidMetadataKey(key) {
		return &Refusal{Code: BadMetadataKey, Param: key}
	}
	return nil
}

// ChangeMetadata returns a list with one change, or a refusal. anyKey: keys that only IRC operators may set are
// allowed too.
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

// keepMetadata returns those entries of a new user's metadata that are allowed. The policy may have changed since they
// were set.
func (p *Policy) keepMetadata(brought []Metadatum) (kept Metadata) {
	for _, x := range brought {
		if changed, refusal := p.ChangeMetadata(kept, &SetMetadata{Key: x.Key, Value: x.Value}, false); refusal == nil {
			kept = changed
		}
	}
	return kept
}

// MetadataTarget returns the user or channel that a viewer means by a channel name, a nick or "*" (the viewer). Both
// are nil if there is no such user or channel, or the viewer may not know of it.
func (s *State) MetadataTarget(viewer *User, target string) (*User, *Channel) {
	switch {
	case target == "*":
		return viewer, nil
	case !IsChannelName(target):
		return s.User(target), nil
	}
	c := s.ChannelFor(viewer, target)
	if c == nil && viewer.Can(PrivMetadata) {
		c = s.Channel(target)
	}
	return nil, c
}

// metadataHolder is a user or channel whose metadata the actor wants to change.
type metadataHolder struct {
	list    *Metadata
	user    *User
	channel *Channel
	// by is the actor, nil when they may do it only by a privilege.
	by      *User
	session SessionID
	// denied: the actor may not change it. anyKey: the actor may set keys that others may not.
	denied, anyKey bool
}

// metadataHolder finds a target. Users may change their own metadata and that of channels in which they are operators;
// with the privilege, they may change all metadata.
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

// judgeMetadata returns the reason why others must not read the value that the actor sets, "" if they may.
func (s *State) judgeMetadata(h *metadataHolder) (why string) {
	switch {
	case h.by == nil: // the actor has the privilege
		return ""
	case h.user != nil:
		return s.judgeSelf(MetadataText, h.by)
	case ChannelMetadataText.asks(askTalk) && !s.mayTalk(h.by, nil):
		return talkClosed
	}
	return ""
}

func (s *State) metadataChanged(h *metadataHolder, x Metadatum, removed bool) {
	s.emit(&MetadataChanged{h.by, h.session, h.user, h.channel, x.Key, x.Value, removed, nil})
}

// apply sets a key. Setting the same value again emits no event.
func (op *SetMetadata) apply(s *State, st Stamp) *Refusal {
	h, refusal := s.metadataHolder(st, op.Target)
	if refusal != nil {
		return refusal
	}
	// Mistakes are refused before missing rights.
	if refusal := s.policy.JudgeMetadataKey(op.Key); refusal != nil {
		return refusal
	}
	if h.denied {
		return &Refusal{Code: MetadataDenied, Param: op.Key}
	}
	if why := s.judgeMetadata(&h); why != "" && !op.Remove {
		return &Refusal{Code: MetadataDenied, Param: op.Key, Why: why}
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
	if len(cleared) > 0 {
		// One event for all keys, so that the recipients are looked up only once.
		s.emit(&MetadataChanged{h.by, h.session, h.user, h.channel, cleared[0].Key, cleared[0].Value, true, cleared[1:]})
	}
	return nil
}

// Metadata returns the user's keys and values.
func (u *User) Metadata() Metadata { return u.metadata }

// Metadata returns the channel's keys and values.
func (c *Channel) Metadata() Metadata { return c.metadata }

// check returns an error unless keys and values are valid and the keys are in order.
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
