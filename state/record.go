package state

// Record is one change to history. The records of an operation are made from its events, without access to storage.
// History is given them in the order of the operations, after the lock has been released. Exactly one of Line, Redact,
// Drop, Rename and All is set.
type Record struct {
	// Line is added to the buffers in To. Neither may be changed afterwards.
	Line *Line
	To   []Buffer
	// Redact deletes a message.
	Redact *RedactRecord
	// Drop deletes a buffer.
	Drop *Buffer
	// Rename sets the current nick of a party, for lists of conversations.
	Rename *RenameRecord
	// All deletes all private conversations.
	All bool
}

// RedactRecord is the deletion of the message at a place. The message is in one of the buffers.
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
