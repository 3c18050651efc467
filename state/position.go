package state

import (
	"cmp"
	"encoding/binary"
	"math"
)

// Position is a place in the one order of all events: that of time, of operations, and of the events of one operation.
type Position struct {
	// Time in nanoseconds, and Order, are the stamp's.
	Time  int64
	Order uint64
	// Index counts the events of the operation; its message is the first.
	Index uint16
}

// millisecond is the precision in which clients see time.
// https://ircv3.net/specs/extensions/server-time
const millisecond = 1_000_000

// Position is the place of one of the operation's events.
func (st Stamp) Position(index uint16) Position { return Position{st.Time, st.Order, index} }

// ID is the id of the event at this place.
func (p Position) ID() string { return Stamp{Time: p.Time, Order: p.Order}.EventID(p.Index) }

// Compare is negative when p comes before q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.Order, q.Order), cmp.Compare(p.Index, q.Index))
}

// Previous is a place between p and all places before it that an event may have.
func (p Position) Previous() Position {
	switch {
	case p.Index > 0:
		return Position{p.Time, p.Order, p.Index - 1}
	case p.Order > 0:
		return Position{p.Time, p.Order - 1, math.MaxUint16}
	case p.Time > math.MinInt64:
		return Position{p.Time - 1, math.MaxUint64, math.MaxUint16}
	}
	return p
}

// IsZero: no event stands there.
func (p Position) IsZero() bool { return p == Position{} }

// BeforeTime is the last place before all events of that whole millisecond, the time in nanoseconds. No event stands there.
func BeforeTime(time int64) Position {
	floor := floorMillisecond(time)
	if floor == math.MinInt64 {
		return Position{Time: floor}
	}
	return Position{floor - 1, math.MaxUint64, math.MaxUint16}
}

// AfterTime is the last place of that whole millisecond. No event stands there.
func AfterTime(time int64) Position {
	floor := floorMillisecond(time)
	if floor > math.MaxInt64-millisecond {
		return Position{math.MaxInt64, math.MaxUint64, math.MaxUint16}
	}
	return Position{floor + millisecond - 1, math.MaxUint64, math.MaxUint16}
}

func floorMillisecond(time int64) int64 {
	rest := time % millisecond
	if rest < 0 {
		rest += millisecond
	}
	if time < math.MinInt64+rest {
		return math.MinInt64
	}
	return time - rest
}

// ParseEventID reads an id back. ok is false for whatever Stamp.EventID would not have written.
// https://ircv3.net/specs/extensions/message-ids
func ParseEventID(id string) (p Position, ok bool) {
	var raw [16]byte
	if len(id) != messageIDEncoding.EncodedLen(len(raw)) {
		return Position{}, false
	}
	if n, err := messageIDEncoding.Decode(raw[:], []byte(id)); err != nil || n != len(raw) {
		return Position{}, false
	}
	rest := binary.BigEndian.Uint64(raw[8:])
	p = Position{int64(binary.BigEndian.Uint64(raw[:8])), rest >> 16, uint16(rest)}
	// One place has one id: the decoder lets through line breaks, and bits that the last letter does not need.
	return p, p.Time > 0 && p.ID() == id
}
