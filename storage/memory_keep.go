package storage

import "bavard/state"

// Keep carries out what is remembered of operations, in their order.
func (m *Memory) Keep(records []state.Record, _ uint64) {
	for i := range records {
		m.keep(&records[i])
	}
}

func (m *Memory) keep(r *state.Record) {
	switch {
	case r.Line != nil:
		m.Append(r.Line, r.To...)
	case r.Redact != nil:
		for _, in := range r.Redact.In {
			if m.Redact(in, r.Redact.At, r.Redact.By) {
				return
			}
		}
	case r.Drop != nil:
		m.Drop(*r.Drop)
	case r.Rename != nil:
		m.Rename(r.Rename.Who, r.Rename.Nick)
	case r.All:
		m.DropConversations()
	}
}

// UpTo returns 0: nothing outlives the process.
func (m *Memory) UpTo() uint64 { return 0 }
