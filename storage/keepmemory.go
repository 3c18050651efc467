package storage

import "bavard/state"

// Keep takes over the records of operations, see SQLite.Keep.
func (m *Memory) Keep(records []state.Record, _ uint64) {
	for i := range records {
		switch r := &records[i]; {
		case r.Line != nil:
			m.Append(r.Line, r.To...)
		case r.Redact != nil:
			for _, b := range r.Redact.In {
				m.Redact(b, r.Redact.At, r.Redact.By)
			}
		case r.Drop != nil:
			m.Drop(*r.Drop)
		case r.Rename != nil:
			m.Rename(r.Rename.Who, r.Rename.Nick)
		case r.All:
			m.DropConversations()
		}
	}
}

// Expire drops the lines whose time is before the given one.
func (m *Memory) Expire(before int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for b := range m.buffers.all {
		for _, event := range [...]bool{false, true} {
			for r := b.ringOf(event); r.len() > 0 && r.at(0).line.Elapsed < before; {
				m.forgetFirst(b, event)
			}
		}
	}
	m.shrink()
}

// UpTo returns 0, because nothing lasts.
func (m *Memory) UpTo() uint64 { return 0 }

// Flush does nothing.
func (m *Memory) Flush() error { return nil }

// Close does nothing.
func (m *Memory) Close() error { return nil }

// Volatile is Memory with the signatures of SQLite's methods, which can return errors.
type Volatile struct{ *Memory }

// Page returns a page of a buffer's lines, in ascending order.
func (v Volatile) Page(of state.Buffer, q state.Page) ([]state.Line, error) {
	return v.Memory.Page(of, q), nil
}

// Find returns the line at a position in a buffer.
func (v Volatile) Find(in state.Buffer, at state.Position) (state.Line, bool, error) {
	line, found := v.Memory.Find(in, at)
	return line, found, nil
}

// LastTime returns when the latest message of a buffer was sent, by the state's clock, or 0 if there is none.
func (v Volatile) LastTime(of state.Buffer) (int64, error) { return v.Memory.LastTime(of), nil }

// Conversations returns a party's conversations, see Memory.Conversations.
func (v Volatile) Conversations(of state.Party, after, before state.Position, most int, newest bool) ([]state.Conversation, error) {
	return v.Memory.Conversations(of, after, before, most, newest), nil
}
