package state

import (
	"encoding/base32"
	"encoding/binary"
)

// Ids. Zero is nobody. User and channel ids are given by the state in order; session ids by the node that accepted the
// connection, with the node in the upper 16 bits.
type (
	UserID    uint64
	SessionID uint64
	ChannelID uint64
	NodeID    uint16
)

// Origin says where an operation comes from, so that one that is delivered twice is applied once.
type Origin struct {
	Node NodeID
	// Incarnation counts the node's lives: it grows each time the node starts.
	Incarnation uint64
	// Number counts the operations of one life, from 1.
	Number uint64
}

// Stamp is what the order gives an operation.
type Stamp struct {
	// Time is the time of day that is shown, in nanoseconds since 1970, UTC. It follows the system's clock, even when
	// that is set back.
	Time int64
	// Order is the operation's place in the one order of all operations.
	Order  uint64
	Origin Origin
	// Session acts; 0: the server itself.
	Session SessionID
	// Elapsed is the state's clock in nanoseconds, see tick. It begins with the time of day and then only runs forward, at
	// its own pace.
	Elapsed int64
}

// messageIDEncoding keeps the byte order of what it encodes, so that ids sort like the stamps they come from.
var messageIDEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// MessageID is the id of the message that the operation sends.
func (st Stamp) MessageID() string { return st.EventID(0) }

// EventID returns the id of one of the operation's events. It is derived from the stamp: the order of ids is the order
// of operations, whatever the system's clock is set to.
// https://ircv3.net/specs/extensions/message-ids
func (st Stamp) EventID(index uint16) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(st.Elapsed))
	// 48 bits of order are enough for a million operations a second over eight years.
	binary.BigEndian.PutUint64(raw[8:], st.Order<<16|uint64(index))
	return messageIDEncoding.EncodeToString(raw[:])
}
