package state

// Record is one change of what history keeps. What is remembered of an operation is decided from its events, without a
// look at storage, and handed over as records: in the order of the operations, after the lock has been released.
// Exactly one of Line, Redact, Drop and Rename is set, or All.
type Record struct {
	// Line is added to the buffers in To. Neither is changed any more.
	Line *Line
	To   []Buffer
	// Redact deletes a message.
	Redact *RedactRecord
	// Drop deletes a buffer.
	Drop *Buffer
	// Rename tells the current nick of a party, for the list of its conversations.
	Rename *RenameRecord
	// All deletes all private conversations.
	All bool
}

// RedactRecord is the deletion of the message at a place, in the first of these buffers that has it.
type RedactRecord struct {
	In []Buffer
	At Position
	By Redaction
}

// RenameRecord says which nick a party has now.
type RenameRecord struct {
	Who  Party
	Nick string
}
