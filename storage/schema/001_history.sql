-- The history of channels and private conversations.

-- meta has one row. The database is complete up to the operation up_to. Lines whose time is before horizon are not shown
-- any more, and are deleted in small steps; the same goes for lines beyond the limits. The bytes are those of all blocks.
CREATE TABLE meta (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    up_to         INTEGER NOT NULL,
    horizon       INTEGER NOT NULL,
    message_bytes INTEGER NOT NULL,
    event_bytes   INTEGER NOT NULL,
    most_messages INTEGER NOT NULL,
    most_events   INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES (1, 0, 0, 0, 0, 0, 0);

-- buffers are channels and private conversations, found by their encoded key. AUTOINCREMENT: no id is given twice.
-- For conversations: the place of the latest message (NULL: there is none) and the nicks of the two parties in the
-- latest line.
CREATE TABLE buffers (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    key   BLOB NOT NULL UNIQUE,
    last  BLOB,
    nick0 TEXT NOT NULL DEFAULT '',
    nick1 TEXT NOT NULL DEFAULT ''
) STRICT;

-- blocks hold the lines: consecutive lines of one kind (0: messages, 1: other events) of a buffer. first and last are the
-- places of the first and the last line, in a form that sorts; start is the number of the first line among all lines of
-- that kind that the buffer ever had. The data stand last, so that the other columns are read without them.
CREATE TABLE blocks (
    id     INTEGER PRIMARY KEY,
    buffer INTEGER NOT NULL,
    kind   INTEGER NOT NULL,
    first  BLOB NOT NULL,
    last   BLOB NOT NULL,
    start  INTEGER NOT NULL,
    lines  INTEGER NOT NULL,
    data   BLOB NOT NULL
) STRICT;
CREATE INDEX blocks_by_place ON blocks (buffer, kind, first);
CREATE INDEX blocks_by_age ON blocks (kind, first);

-- talks lists the private conversations of each party by their latest message.
CREATE TABLE talks (
    party  BLOB NOT NULL,
    last   BLOB NOT NULL,
    buffer INTEGER NOT NULL,
    peer   BLOB NOT NULL,
    PRIMARY KEY (party, last, buffer)
) STRICT, WITHOUT ROWID;

-- people has the current nicks of all parties in talks.
CREATE TABLE people (
    party BLOB PRIMARY KEY,
    nick  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- doomed are the former buffers whose blocks are still to be deleted.
CREATE TABLE doomed (buffer INTEGER PRIMARY KEY) STRICT;
