-- First schema. Every key starts with the company: nothing is reachable without saying whose it is.
-- Times are milliseconds since 1970-01-01T00:00:00Z by the server's clock unless a column says otherwise.

-- Facts about this database.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY, -- `server_epoch`, `commits`, `origin` (the address it was last served at)
    value TEXT NOT NULL              -- as text
) STRICT;

CREATE TABLE company (
    company_id     BLOB    NOT NULL PRIMARY KEY, -- UUID, 16 bytes
    name           TEXT    NOT NULL,             -- shown at activation
    zone           TEXT    NOT NULL,             -- working zone (IANA)
    notice_version TEXT    NOT NULL,             -- privacy notice in force
    pin_min_digits INTEGER NOT NULL,             -- 4 to 8
    pin_max_digits INTEGER NOT NULL,             -- 4 to 8
    lock_after_min INTEGER NOT NULL,             -- 0 to 15
    min_gap_s      INTEGER NOT NULL,             -- shortest time between two taps before a flag
    sealing_key    BLOB    NOT NULL,             -- X25519 public key that devices seal to; its private half is in the key folder
    phones         INTEGER NOT NULL DEFAULT 1,   -- most phones of a person in use
    desktops       INTEGER NOT NULL DEFAULT 1,   -- most desktops of a person in use
    lease_days     INTEGER NOT NULL DEFAULT 7,   -- a device locks after so long without its server
    change_seq     INTEGER NOT NULL DEFAULT 0,   -- last number given out in `change`
    created_ms     INTEGER NOT NULL
) STRICT;

CREATE TABLE shift (
    company_id BLOB    NOT NULL REFERENCES company,
    shift_id   BLOB    NOT NULL, -- UUID
    name       TEXT    NOT NULL,
    start_min  INTEGER NOT NULL, -- minutes after midnight in `zone`
    end_min    INTEGER NOT NULL, -- at or before the start: the next day
    days       TEXT    NOT NULL, -- digits of ISO weekdays, e.g. `123456`
    grace_min  INTEGER NOT NULL, -- a check-in up to this long after the start is on time
    zone       TEXT    NOT NULL, -- IANA
    PRIMARY KEY (company_id, shift_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE site (
    company_id BLOB NOT NULL REFERENCES company,
    site_id    BLOB NOT NULL, -- UUID
    name       TEXT NOT NULL,
    fence      TEXT NOT NULL, -- JSON of the contract's Fence
    PRIMARY KEY (company_id, site_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE employee (
    company_id  BLOB NOT NULL REFERENCES company,
    employee_id BLOB NOT NULL, -- UUID
    name        TEXT NOT NULL, -- display name
    role        TEXT NOT NULL, -- the contract's wire word
    shift_id    BLOB,          -- the person's shift
    PRIMARY KEY (company_id, employee_id),
    FOREIGN KEY (company_id, shift_id) REFERENCES shift (company_id, shift_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX employee_shift ON employee (company_id, shift_id);

-- Where a person works; for a site manager also whom the person may decide about.
CREATE TABLE employee_site (
    company_id  BLOB NOT NULL,
    employee_id BLOB NOT NULL,
    site_id     BLOB NOT NULL,
    PRIMARY KEY (company_id, employee_id, site_id),
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id),
    FOREIGN KEY (company_id, site_id) REFERENCES site (company_id, site_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX employee_site_site ON employee_site (company_id, site_id);

CREATE TABLE invitation (
    tag             TEXT    NOT NULL PRIMARY KEY, -- first 4 characters of the code: finds it, proves nothing
    company_id      BLOB    NOT NULL,
    employee_id     BLOB    NOT NULL,
    secret_mac      BLOB    NOT NULL, -- HMAC-SHA256 of the whole code under the server's key file
    manual_approval INTEGER NOT NULL, -- 1: a manager compares the fingerprint
    created_ms      INTEGER NOT NULL,
    expires_ms      INTEGER NOT NULL,
    wrong_tries     INTEGER NOT NULL DEFAULT 0, -- 5 burn it
    used_by         BLOB,             -- the device that used it up
    replaces        BLOB,             -- the device that is over once the new one is active
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id),
    FOREIGN KEY (company_id, used_by) REFERENCES device (company_id, device_id),
    FOREIGN KEY (company_id, replaces) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_employee ON invitation (company_id, employee_id);
CREATE INDEX invitation_used_by ON invitation (company_id, used_by);
CREATE INDEX invitation_replaces ON invitation (company_id, replaces);

CREATE TABLE device (
    company_id   BLOB    NOT NULL,
    device_id    BLOB    NOT NULL, -- UUIDv4 made here
    employee_id  BLOB    NOT NULL,
    device_key   BLOB    NOT NULL, -- Ed25519 public key, signs requests and records
    presence_key BLOB    NOT NULL, -- Ed25519 public key, exists on the device only while unlocked
    platform     TEXT    NOT NULL, -- the contract's wire word
    class        TEXT    NOT NULL CHECK (class IN ('phone', 'desktop')), -- so many of each per person as the company says
    name         TEXT    NOT NULL, -- what its owner calls it
    app_version  TEXT    NOT NULL, -- at enrolment
    state        TEXT    NOT NULL, -- the contract's wire word
    enrolled_ms  INTEGER NOT NULL,
    state_ms     INTEGER NOT NULL, -- when it came into its state
    heard_ms     INTEGER NOT NULL, -- its last signed request, to the minute
    PRIMARY KEY (company_id, device_id),
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id)
) STRICT, WITHOUT ROWID;
-- The authentication extractor knows only the id.
CREATE UNIQUE INDEX device_by_id ON device (device_id);
CREATE UNIQUE INDEX device_by_key ON device (device_key);
CREATE INDEX device_employee ON device (company_id, employee_id, class);
CREATE INDEX device_pending ON device (company_id, enrolled_ms) WHERE state = 'pending';

CREATE TABLE session (
    token_hash   BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the token
    company_id   BLOB    NOT NULL,
    device_id    BLOB    NOT NULL, -- the only device that may use it
    created_ms   INTEGER NOT NULL,
    last_used_ms INTEGER NOT NULL,
    FOREIGN KEY (company_id, device_id) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_device ON session (company_id, device_id);

-- Time statements that records refer to.
CREATE TABLE anchor (
    company_id     BLOB    NOT NULL,
    anchor_id      BLOB    NOT NULL, -- UUIDv7
    device_id      BLOB    NOT NULL, -- the only device it counts for
    server_time_ms INTEGER NOT NULL,
    PRIMARY KEY (company_id, anchor_id),
    FOREIGN KEY (company_id, device_id) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX anchor_device ON anchor (company_id, device_id);

CREATE TABLE chain (
    company_id BLOB    NOT NULL,
    chain_id   BLOB    NOT NULL, -- UUID made by the device
    device_id  BLOB    NOT NULL,
    head_seq   INTEGER NOT NULL, -- highest number held without a gap
    head_hash  BLOB    NOT NULL, -- hash of that record; 32 zero bytes at 0
    follows    BLOB,             -- chain that the first record says it goes on from; may be one that is not here
    follows_seq  INTEGER,        -- place in that chain
    follows_hash BLOB,           -- hash of the record there
    PRIMARY KEY (company_id, chain_id),
    FOREIGN KEY (company_id, device_id) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_device ON chain (company_id, device_id);
CREATE INDEX chain_follows ON chain (company_id, follows) WHERE follows IS NOT NULL;

-- What took effect, for ever: outlives the erasure of the content.
CREATE TABLE ingest (
    company_id        BLOB    NOT NULL,
    item_id           BLOB    NOT NULL, -- UUIDv7 made by the device
    employee_id       BLOB    NOT NULL,
    device_id         BLOB    NOT NULL,
    chain_id          BLOB    NOT NULL,
    seq               INTEGER NOT NULL, -- place in the chain
    prev_hash         BLOB    NOT NULL, -- as signed
    hash              BLOB    NOT NULL, -- as computed here from the bytes
    presence          INTEGER NOT NULL, -- 1: the presence key signed too
    fork              INTEGER NOT NULL, -- 1: another record claims this place, or the one before has another hash
    late              INTEGER NOT NULL, -- 1: arrived after the device was revoked
    true_ms           INTEGER NOT NULL, -- best estimate of when it was made
    received_ms       INTEGER NOT NULL,
    receipt_head_seq  INTEGER NOT NULL, -- head of the chain after this record, as the receipt says
    receipt_head_hash BLOB    NOT NULL,
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, chain_id) REFERENCES chain (company_id, chain_id),
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id),
    FOREIGN KEY (company_id, device_id) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ingest_chain ON ingest (company_id, chain_id, seq);
CREATE INDEX ingest_employee ON ingest (company_id, employee_id);
CREATE INDEX ingest_device ON ingest (company_id, device_id);

-- The person's own words: record bytes (with salt) and signatures, under the person's key outside this file.
CREATE TABLE content (
    company_id BLOB NOT NULL,
    item_id    BLOB NOT NULL,
    sealed     BLOB NOT NULL, -- nonce (12) and ChaCha20-Poly1305 ciphertext
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;

-- Files. Their bytes lie in the blob folder, under a key of each file that lies here under the person's key.
CREATE TABLE blob (
    company_id  BLOB    NOT NULL,
    employee_id BLOB    NOT NULL, -- whose it is: ids are the person's own, so nobody meets another's
    blob_id     BLOB    NOT NULL, -- UUID made by the device
    device_id   BLOB    NOT NULL, -- began the upload
    length      INTEGER NOT NULL, -- bytes of the whole file, as declared
    sha256      BLOB    NOT NULL, -- of the whole file, as declared; checked at completion
    received    INTEGER NOT NULL, -- bytes that are on disk and acknowledged
    segments    INTEGER NOT NULL, -- sealed pieces that hold them
    stored      INTEGER NOT NULL, -- bytes of the sealed file; what is behind them was never acknowledged
    complete    INTEGER NOT NULL, -- 1: whole, and the digest held
    file_id     BLOB    NOT NULL, -- name in the blob folder: random, shared by equal files of one person
    sealed_key  BLOB    NOT NULL, -- nonce (12) and ChaCha20-Poly1305 ciphertext of the file's key
    touched_ms  INTEGER NOT NULL, -- begun, or last byte acknowledged
    PRIMARY KEY (company_id, employee_id, blob_id),
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id),
    FOREIGN KEY (company_id, device_id) REFERENCES device (company_id, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_device ON blob (company_id, device_id);
CREATE INDEX blob_file ON blob (company_id, file_id);
CREATE INDEX blob_same ON blob (company_id, employee_id, sha256) WHERE complete = 1;
CREATE INDEX blob_open ON blob (company_id, touched_ms) WHERE complete = 0;

-- Files that items named; may come before or after the files.
CREATE TABLE item_blob (
    company_id  BLOB    NOT NULL,
    item_id     BLOB    NOT NULL,
    place       INTEGER NOT NULL, -- order in the item
    employee_id BLOB    NOT NULL, -- whose item and file
    blob_id     BLOB    NOT NULL,
    PRIMARY KEY (company_id, item_id, place),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_blob_blob ON item_blob (company_id, employee_id, blob_id);

-- Files as their records state them; the blob has the record's id.
CREATE TABLE file (
    company_id  BLOB    NOT NULL,
    item_id     BLOB    NOT NULL,
    employee_id BLOB    NOT NULL,
    device_id   BLOB    NOT NULL,
    about       BLOB,             -- the tap's item; counts only for a tap of the same device
    role        TEXT    NOT NULL, -- the contract's wire word
    length      INTEGER NOT NULL, -- encrypted bytes, as signed
    sha256      BLOB    NOT NULL, -- of the encrypted bytes, as signed
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_about ON file (company_id, about);

-- What boards read of a tap.
CREATE TABLE tap (
    company_id   BLOB    NOT NULL,
    item_id      BLOB    NOT NULL,
    employee_id  BLOB    NOT NULL,
    device_id    BLOB    NOT NULL,
    kind         TEXT    NOT NULL, -- check_in, check_out, break_start, break_end
    wall_ms      INTEGER NOT NULL, -- the device's wall clock, as signed
    offset_min   INTEGER NOT NULL, -- the device's UTC offset, as signed
    true_ms      INTEGER NOT NULL, -- best estimate
    day          TEXT    NOT NULL, -- YYYY-MM-DD it belongs to
    grade        TEXT    NOT NULL, -- A, B, C, D
    tolerance_ms INTEGER,          -- half width of the interval that holds the true time
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tap_employee ON tap (company_id, employee_id, true_ms);
CREATE INDEX tap_day ON tap (company_id, day);

-- Location verdicts; may arrive before their taps. No position: none leaves the device.
CREATE TABLE evidence (
    company_id BLOB    NOT NULL,
    item_id    BLOB    NOT NULL,
    about      BLOB    NOT NULL, -- the tap's item
    device_id  BLOB    NOT NULL, -- counts only for a tap of the same device
    seq        INTEGER NOT NULL, -- place in its chain
    verdict    TEXT    NOT NULL, -- the contract's wire word
    reason     TEXT,             -- the contract's wire word
    site_id    BLOB,             -- as the device said; may name a site that is gone
    distance_m INTEGER,
    accuracy_m INTEGER,
    flags      TEXT    NOT NULL, -- JSON list of the contract's wire words
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_about ON evidence (company_id, about);

-- Undone taps and cancelled files; may arrive before them.
CREATE TABLE withdrawal (
    company_id BLOB    NOT NULL,
    item_id    BLOB    NOT NULL,
    about      BLOB    NOT NULL, -- the tap's or the file's item
    device_id  BLOB    NOT NULL, -- counts only for what the same device stated
    wall_ms    INTEGER NOT NULL, -- the device's wall clock, as signed
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawal_about ON withdrawal (company_id, about);

CREATE TABLE consent (
    company_id     BLOB    NOT NULL,
    item_id        BLOB    NOT NULL,
    employee_id    BLOB    NOT NULL,
    purpose        TEXT    NOT NULL, -- the contract's wire word
    given          INTEGER NOT NULL, -- 0: taken back
    notice_version TEXT    NOT NULL, -- what was on the screen
    language       TEXT    NOT NULL, -- BCP 47
    wall_ms        INTEGER NOT NULL, -- the device's wall clock, as signed
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_employee ON consent (company_id, employee_id);

-- Requests to put attendance right. What they ask for, and why, lies in `content` under the person's key.
CREATE TABLE correction (
    company_id  BLOB NOT NULL,
    item_id     BLOB NOT NULL,
    employee_id BLOB NOT NULL,
    about       BLOB,          -- the tap's item; may be one that is not here, and counts only for a tap of the same person
    day         TEXT NOT NULL, -- YYYY-MM-DD that it concerns
    state       TEXT NOT NULL, -- the contract's wire word
    PRIMARY KEY (company_id, item_id),
    FOREIGN KEY (company_id, item_id) REFERENCES ingest (company_id, item_id),
    FOREIGN KEY (company_id, employee_id) REFERENCES employee (company_id, employee_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX correction_employee ON correction (company_id, employee_id, day);
CREATE INDEX correction_about ON correction (company_id, about) WHERE about IS NOT NULL;

-- The feed: the newest state of each thing, in the order of its last change.
CREATE TABLE change (
    company_id BLOB    NOT NULL REFERENCES company,
    seq        INTEGER NOT NULL, -- monotone per company
    audience   BLOB    NOT NULL, -- the employee who may read it; empty: everyone of the company
    kind       TEXT    NOT NULL, -- the contract's change kind
    id         TEXT    NOT NULL, -- which one of its kind
    deleted    INTEGER NOT NULL,
    value      TEXT    NOT NULL, -- JSON
    PRIMARY KEY (company_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX change_thing ON change (company_id, audience, kind, id);
CREATE INDEX change_audience ON change (company_id, audience, seq);

-- Who decided what.
CREATE TABLE audit (
    company_id BLOB    NOT NULL REFERENCES company,
    audit_id   BLOB    NOT NULL, -- UUIDv7
    at_ms      INTEGER NOT NULL,
    actor      BLOB,             -- deciding employee; absent: the operator's command line or enrolment itself
    action     TEXT    NOT NULL, -- device_enrolled, device_approved, device_suspended, device_resumed, device_revoked, device_lost, device_replaced, replacement_code
    subject    BLOB    NOT NULL, -- the device
    reason     TEXT    NOT NULL, -- as given
    PRIMARY KEY (company_id, audit_id)
) STRICT, WITHOUT ROWID;
