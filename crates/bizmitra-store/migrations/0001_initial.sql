-- Comments on every column: docs/schema.sql.
CREATE TABLE chain (
    slot INTEGER NOT NULL PRIMARY KEY CHECK (slot = 1),
    id   BLOB    NOT NULL CHECK (length(id) = 16)
) STRICT;

CREATE TABLE record (
    n            INTEGER NOT NULL PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    chain        BLOB    NOT NULL CHECK (length(chain) = 16),
    seq          INTEGER NOT NULL CHECK (seq >= 1),
    prev_hash    BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    content_type TEXT    NOT NULL,
    payload      BLOB    NOT NULL,
    sigs         BLOB    NOT NULL,
    copy         BLOB    NOT NULL,
    UNIQUE (chain, seq)
) STRICT;

CREATE TABLE outbox (
    record      INTEGER NOT NULL PRIMARY KEY REFERENCES record (n),
    lane        INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'in_doubt', 'acked', 'parked')),
    park_reason TEXT             CHECK ((park_reason IS NOT NULL) = (state = 'parked')),
    size        INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_sendable ON outbox (lane, record) WHERE state IN ('queued', 'in_doubt');
CREATE INDEX outbox_parked ON outbox (record) WHERE state = 'parked';

CREATE TABLE receipt (
    record         INTEGER NOT NULL PRIMARY KEY REFERENCES record (n),
    received_at_ms INTEGER NOT NULL,
    body           BLOB    NOT NULL
) STRICT;

CREATE TABLE file (
    record       INTEGER NOT NULL PRIMARY KEY REFERENCES record (n),
    lane         INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'in_doubt', 'sent', 'parked', 'cancelled')),
    park_reason  TEXT             CHECK ((park_reason IS NOT NULL) = (state = 'parked')),
    paused       INTEGER NOT NULL CHECK (paused IN (0, 1)),
    length       INTEGER NOT NULL,
    sha256       BLOB    NOT NULL CHECK (length(sha256) = 32),
    acknowledged INTEGER NOT NULL,
    kept         INTEGER NOT NULL CHECK (kept IN (0, 1)),
    settled_ms   INTEGER,
    cell         BLOB    NOT NULL
) STRICT;

CREATE INDEX file_sendable ON file (lane, record) WHERE state IN ('waiting', 'in_doubt');

CREATE TABLE entry (
    n                  INTEGER NOT NULL PRIMARY KEY,
    id                 BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    own                INTEGER NOT NULL CHECK (own IN (0, 1)),
    hash               BLOB    NOT NULL CHECK (length(hash) = 32),
    day_tag            BLOB    NOT NULL CHECK (length(day_tag) = 16),
    tap                BLOB    NOT NULL,
    evidence           BLOB,
    evidence_record    INTEGER          REFERENCES record (n),
    withdrawn          INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    withdrawal_record  INTEGER          REFERENCES record (n),
    grade              TEXT,
    grade_tolerance_ms INTEGER,
    received_at_ms     INTEGER,
    alarm              TEXT             CHECK (alarm IN ('tap', 'later'))
) STRICT;

CREATE INDEX entry_day ON entry (day_tag);
CREATE INDEX entry_owes_evidence ON entry (n) WHERE evidence IS NULL AND own = 1;
CREATE INDEX entry_alarm ON entry (n) WHERE alarm IS NOT NULL;
CREATE INDEX entry_evidence_record ON entry (evidence_record) WHERE evidence_record IS NOT NULL;
CREATE INDEX entry_withdrawal_record ON entry (withdrawal_record) WHERE withdrawal_record IS NOT NULL;

CREATE TABLE feed (
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
