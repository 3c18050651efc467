// Package journal keeps encoded operations and snapshots in a folder. It knows bytes and order numbers only, and never
// looks into an operation.
//
// It owns the files of the folder: the lock, the segments with the operations and the snapshots. It never decides when
// a snapshot is due or when a segment may be removed, and it never stops the daemon: while the disk fails, operations
// are buffered up to a bound, and Failing says that nothing is kept. Its invariants:
//
//   - Append makes no system call. When Barrier returns and nothing fails, everything that was appended before the call
//     is in the file, and on the disk if it must be.
//   - What Barrier has reported as written is never given up. What has not been synced yet is kept in memory too, and
//     after a failed sync it is written again, to a different file.
//   - Load and Read return each operation once, in order and with a correct checksum, or they return an error. The only
//     bytes that are ever cut are at the end of the last segment, where an unfinished write or a power failure explains
//     them.
//   - Nothing is changed in a folder that is damaged, in use, or written by a newer version.
//
// The format is described in format.go, and for operators in docs/storage.md.
//
// Public packages were considered first. github.com/tidwall/wal has no checksums, does not open a log with a torn end,
// and cannot write while it syncs. github.com/hashicorp/raft-wal syncs each append and keeps its list of segments in a
// database. The log of etcd is bound to the records of Raft and encodes under the lock that its callers wait for. None
// of them locks the folder with a process id, separates writing from syncing, or continues after a failed sync.
package journal
