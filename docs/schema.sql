-- The store of one device: what each column means. The real tables are made by crates/bizmitra-store/migrations/;
-- a test fails when a table, column or index is missing here or surplus, or when a column has no comment.
-- Times ending in `_ms` are milliseconds since 1970-01-01T00:00:00Z unless said otherwise. Ids are the 16 bytes of a UUID.
-- The whole file is encrypted (SQLCipher, raw key and salt). A private cell is sealed once more, by a key of the vault (core's
-- `vault::columns`): the store opens whenever the keystore does, private cells only while unlocked.
-- Rows of `record`, `outbox` and `receipt` are deleted by the server's signed order to wipe alone, and then only those that
-- it confirmed.

-- The hash chain this store appends to. None before activation; a salvaged store starts another one.
CREATE TABLE chain (
    slot INTEGER NOT NULL PRIMARY KEY CHECK (slot = 1), -- always 1: there is one chain a store
    id   BLOB    NOT NULL CHECK (length(id) = 16) -- the chain; where it stands is its record with the highest seq
) STRICT;

-- Records: the exact bytes captured and signed at the tap. Written once, never changed.
CREATE TABLE record (
    n            INTEGER NOT NULL PRIMARY KEY, -- order of writing; oldest first is by this number
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16), -- item id, UUIDv7, unique for ever; minted when the form opens
    chain        BLOB    NOT NULL CHECK (length(chain) = 16), -- the chain it belongs to; differs from chain.id for salvaged records
    seq          INTEGER NOT NULL CHECK (seq >= 1), -- place in the chain, from 1
    prev_hash    BLOB    NOT NULL CHECK (length(prev_hash) = 32), -- hash of the record before; zeros for the first
    hash         BLOB    NOT NULL CHECK (length(hash) = 32), -- hash of this record
    content_type TEXT    NOT NULL, -- what the payload is, as it is sent
    payload      BLOB    NOT NULL, -- exact bytes, sealed to the company; nothing ever re-serialises them
    sigs         BLOB    NOT NULL, -- signatures over the hash: key id (8 bytes) and signature (64) each
    copy         BLOB    NOT NULL, -- private cell: the exact bytes inside the payload, for the person's own eyes
    UNIQUE (chain, seq)
) STRICT;

-- The outbox: one row a record.
CREATE TABLE outbox (
    record      INTEGER NOT NULL PRIMARY KEY REFERENCES record (n), -- the record
    lane        INTEGER NOT NULL, -- order of sending: 0 control, 1 taps, 2 other records, 3 selfies, 4 other files
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'in_doubt', 'acked', 'parked')), -- see the picture in core's `outbox`
    park_reason TEXT             CHECK ((park_reason IS NOT NULL) = (state = 'parked')), -- why it needs the person: validation, unknown_kind, forbidden, conflict
    size        INTEGER NOT NULL -- bytes of the payload, so that picking reads no payload in vain
) STRICT;

-- What may be sent, in the order of sending.
CREATE INDEX outbox_sendable ON outbox (lane, record) WHERE state IN ('queued', 'in_doubt');
-- What needs the person.
CREATE INDEX outbox_parked ON outbox (record) WHERE state = 'parked';

-- The server's promise that a record arrived.
CREATE TABLE receipt (
    record         INTEGER NOT NULL PRIMARY KEY REFERENCES record (n), -- the record
    received_at_ms INTEGER NOT NULL, -- when the server committed it, by the server's clock
    body           BLOB    NOT NULL -- the receipt as it came, JSON, verifiable without the server
) STRICT;

-- Files: what is known of their bytes, which lie encrypted in the folder `files`, named by the record's id in hex.
CREATE TABLE file (
    record       INTEGER NOT NULL PRIMARY KEY REFERENCES record (n), -- record that states it; its id is the file's
    lane         INTEGER NOT NULL, -- order of sending: 3 selfies, 4 others
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'in_doubt', 'sent', 'parked', 'cancelled')), -- see the picture in core's `file`
    park_reason  TEXT             CHECK ((park_reason IS NOT NULL) = (state = 'parked')), -- why it needs the person: quota, too_large, conflict, damaged
    paused       INTEGER NOT NULL CHECK (paused IN (0, 1)), -- 1 while its person wants it to wait
    length       INTEGER NOT NULL, -- encrypted bytes
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32), -- of the encrypted bytes
    acknowledged INTEGER NOT NULL, -- bytes that the server said it has; its own word counts
    kept         INTEGER NOT NULL CHECK (kept IN (0, 1)), -- 1 while the bytes are on this device; 0 is written before they go
    settled_ms   INTEGER, -- when the server had all of it, by this device's wall clock; its bytes stay a week from then
    cell         BLOB    NOT NULL -- private cell: name, kind and key, JSON of core's `FileCell`
) STRICT;

-- What may be uploaded, in the order of sending.
CREATE INDEX file_sendable ON file (lane, record) WHERE state IN ('waiting', 'in_doubt');

-- Taps with what became of them: this device's, and those of the person's other devices as the feed tells them.
CREATE TABLE entry (
    n                  INTEGER NOT NULL PRIMARY KEY, -- order of writing
    id                 BLOB    NOT NULL UNIQUE CHECK (length(id) = 16), -- item id of the tap, UUIDv7: in the order of the forms
    own                INTEGER NOT NULL CHECK (own IN (0, 1)), -- 1 when the record with this id is here; 0 when the feed brought it
    hash               BLOB    NOT NULL CHECK (length(hash) = 32), -- hash of the record, as signed here or as the feed says
    day_tag            BLOB    NOT NULL CHECK (length(day_tag) = 16), -- keyed tag of the day it belongs to: finds a day, says nothing
    tap                BLOB    NOT NULL, -- private cell: what, when, which day and shift, JSON of core's `TapRow`
    evidence           BLOB, -- private cell: location verdict, JSON of core's `Evidence`; null until it is written. No position is in it
    evidence_record    INTEGER          REFERENCES record (n), -- record that carries the evidence; null from the feed
    withdrawn          INTEGER NOT NULL CHECK (withdrawn IN (0, 1)), -- 1 when its person took it back
    withdrawal_record  INTEGER          REFERENCES record (n), -- record that carries the withdrawal; null from the feed
    grade              TEXT, -- A to D, the server's word on the time; null before the feed brought it
    grade_tolerance_ms INTEGER, -- half width of the true time's interval as the server sees it, milliseconds
    received_at_ms     INTEGER, -- when the server committed the tap, as the feed says
    alarm              TEXT             CHECK (alarm IN ('tap', 'later')) -- the server's copy differs from what was signed: in the tap itself (stays), or in what came later (the next copy decides again)
) STRICT;

-- A day.
CREATE INDEX entry_day ON entry (day_tag);
-- Taps of a process that was ended while locating.
CREATE INDEX entry_owes_evidence ON entry (n) WHERE evidence IS NULL AND own = 1;
-- Entries that differ from the server's copy.
CREATE INDEX entry_alarm ON entry (n) WHERE alarm IS NOT NULL;
-- For the foreign key.
CREATE INDEX entry_evidence_record ON entry (evidence_record) WHERE evidence_record IS NOT NULL;
-- For the foreign key.
CREATE INDEX entry_withdrawal_record ON entry (withdrawal_record) WHERE withdrawal_record IS NOT NULL;

-- Cached values of the change feed, as they came.
CREATE TABLE feed (
    kind  TEXT NOT NULL, -- profile, policy, site, shift or sealing_key
    id    TEXT NOT NULL, -- which one of its kind
    value BLOB NOT NULL, -- JSON
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Small values.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY, -- a name of core's `store::Key`, or `feed_cursor`, or `salvaged` (this store was rebuilt from a damaged one)
    value BLOB NOT NULL -- JSON by convention; the envelopes of the vault key in it are sealed once more, by the PIN and by a key that the system releases after a match
) STRICT, WITHOUT ROWID;
