-- Records of donors that staff found to be one person. Nothing moves: a record counts for another from then on, and can be
-- made to count for itself again, with what was given through it in between.
CREATE TABLE donor_merge (
    id        TEXT PRIMARY KEY,
    nonce     TEXT NOT NULL UNIQUE,
    donor_id  TEXT NOT NULL REFERENCES donor (id),
    merged_id TEXT NOT NULL REFERENCES donor (id),
    why       TEXT NOT NULL,
    made_by   TEXT NOT NULL REFERENCES staff (id),
    made_at   TEXT NOT NULL,
    undone_by TEXT REFERENCES staff (id),
    undone_at TEXT,
    CHECK (donor_id <> merged_id),
    CHECK ((undone_by IS NULL) = (undone_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX donor_merge_now ON donor_merge (merged_id) WHERE undone_at IS NULL;
CREATE INDEX donor_merge_of ON donor_merge (donor_id, made_at);

-- The records that counted for the one that was merged: those an undo gives back.
CREATE TABLE donor_merge_record (
    merge_id  TEXT NOT NULL REFERENCES donor_merge (id),
    record_id TEXT NOT NULL REFERENCES donor (id),
    PRIMARY KEY (merge_id, record_id)
) STRICT;
CREATE INDEX donor_merge_record_of ON donor_merge_record (record_id);

-- Mailboxes by which somebody signs in to an account beside its own: those of the records that were merged into it.
CREATE TABLE account_mailbox (
    email_norm TEXT PRIMARY KEY,
    email      TEXT NOT NULL,
    donor_id   TEXT NOT NULL REFERENCES donor (id),
    merge_id   TEXT NOT NULL REFERENCES donor_merge (id)
) STRICT;
CREATE INDEX account_mailbox_of ON account_mailbox (donor_id);

-- People of the same name stand side by side.
CREATE INDEX donor_name ON donor (family_name, given_name) WHERE owner_id = id AND kind = 'individual';
