package state

import (
	"cmp"
	"encoding/binary"
	"math"
)

// Position is a place in the one order of all events: by the state's clock, then by operation, then within the
// operation.
type Position struct {
	// Elapsed, in nanoseconds, and Order are those of the stamp.
	Elapsed int64
	Order   uint64
	// Index numbers the events of the operation. Its message comes first.
	Index uint16
}

// millisecond is the precision with which clients see times.
// https://ircv3.net/specs/extensions/server-time
const millisecond = 1_000_000

// Position returns the place of one of the operation's events.
func (st Stamp) Position(index uint16) Position { return Position{st.Elapsed, st.Order, index} }

// ID returns the id of the event at this place.
func (p Position) ID() string { return Stamp{Elapsed: p.Elapsed, Order: p.Order}.EventID(p.Index) }

// Compare is negative when p comes before q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Elapsed, q.Elapsed), cmp.Compare(p.Order, q.Order), cmp.Compare(p.Index, q.Index))
}

// Previous returns a place that is before p and after every earlier place that an event may have.
func (p Position) Previous() Position {
	switch {
	case p.Index > 0:
		return Position{p.Elapsed, p.Order, p.Index - 1}
	case p.Order > 0:
		return Position{p.Elapsed, p.Order - 1, math.MaxUint16}
	case p.Elapsed > math.MinInt64:
		return Position{p.Elapsed - 1, math.MaxUint64, math.MaxUint16}
	}
	return p
}

// IsZero reports whether this is the zero Position, which no event has.
func (p Position) IsZero() bool { return p == Position{} }

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

// ParseEventID returns the place that an id stands for. ok is false for an id that Stamp.EventID would not have made.
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
	// A place has only one id, but the decoder also accepts line breaks and stray bits in the last letter.
	return p, p.Elapsed > 0 && p.ID() == id
}
