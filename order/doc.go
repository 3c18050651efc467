// Package order owns the one order of operations of this machine: it stamps an operation, has it applied to the state,
// hands it to the journal, and tells its outcome. It also owns the lock that guards the state, and the state's clock.
//
// It never looks at a connection, a line or the database. Its invariants: operations are applied in the order of their
// stamps, and that is the order of the journal; an operation is in the journal's buffer before anybody is told of it;
// an operation in which Apply has panicked is not in the journal and leaves nothing behind.
//
// Whoever asked for an operation is found by its origin (node, incarnation, number), not by the goroutine that happens
// to apply it. So this package can be replaced by one that orders the operations of several machines.
package order
