-- What makes the system reliable: inbox, outbox, jobs, schedule, audit chain.

CREATE TABLE webhook_event (
    id             TEXT PRIMARY KEY,
    type           TEXT NOT NULL,
    object_id      TEXT NOT NULL,
    job_kind       TEXT,
    subject        TEXT,
    api_version    TEXT,
    payload        TEXT NOT NULL,
    event_created  TEXT NOT NULL,
    received_at    TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'dead')),
    last_error     TEXT,
    processed_at   TEXT
) STRICT;
CREATE INDEX webhook_event_pending ON webhook_event (subject) WHERE state = 'pending';
CREATE INDEX webhook_event_received ON webhook_event (received_at);

CREATE TABLE mail_outbox (
    id           TEXT PRIMARY KEY,
    dedupe_key   TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    message_id   TEXT NOT NULL UNIQUE,
    subject      TEXT NOT NULL,
    text_body    TEXT NOT NULL,
    html_body    TEXT NOT NULL,
    donor_id     TEXT REFERENCES donor (id),
    gift_id      TEXT REFERENCES gift (id),
    state        TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts     INTEGER NOT NULL,
    last_error   TEXT,
    created_at   TEXT NOT NULL,
    sent_at      TEXT
) STRICT;
CREATE INDEX mail_outbox_gift ON mail_outbox (gift_id);
CREATE INDEX mail_outbox_open ON mail_outbox (created_at) WHERE state <> 'sent';

CREATE TABLE job (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    hint        TEXT,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'retrying', 'running', 'failed')),
    run_at      TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    lease_until TEXT,
    lease_owner TEXT,
    last_error  TEXT,
    created_at  TEXT NOT NULL
) STRICT;
-- No second copy while one waits. A job that runs does not count: what arrives meanwhile needs a fresh look.
CREATE UNIQUE INDEX job_waiting ON job (kind, subject) WHERE state = 'waiting';
CREATE INDEX job_due ON job (run_at) WHERE state <> 'failed';

-- Whoever inserts the period first enqueues its job; nobody leads.
CREATE TABLE schedule_run (
    kind       TEXT NOT NULL,
    period     TEXT NOT NULL,
    started_at TEXT NOT NULL,
    PRIMARY KEY (kind, period)
) STRICT;

CREATE TABLE audit_line (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_line_subject ON audit_line (subject);

CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    seq      INTEGER NOT NULL,
    hash     TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (only_row, seq, hash) VALUES (1, 0, '');

-- The ledger and the audit chain can only grow.
CREATE TRIGGER gift_no_update BEFORE UPDATE ON gift BEGIN SELECT RAISE(ABORT, 'gift is append-only'); END;
CREATE TRIGGER gift_no_delete BEFORE DELETE ON gift BEGIN SELECT RAISE(ABORT, 'gift is append-only'); END;
CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER declaration_no_update BEFORE UPDATE ON declaration BEGIN SELECT RAISE(ABORT, 'declaration is append-only'); END;
CREATE TRIGGER declaration_no_delete BEFORE DELETE ON declaration BEGIN SELECT RAISE(ABORT, 'declaration is append-only'); END;
CREATE TRIGGER consent_entry_no_update BEFORE UPDATE ON consent_entry BEGIN SELECT RAISE(ABORT, 'consent_entry is append-only'); END;
CREATE TRIGGER consent_entry_no_delete BEFORE DELETE ON consent_entry BEGIN SELECT RAISE(ABORT, 'consent_entry is append-only'); END;
CREATE TRIGGER audit_line_no_update BEFORE UPDATE ON audit_line BEGIN SELECT RAISE(ABORT, 'audit_line is append-only'); END;
CREATE TRIGGER audit_line_no_delete BEFORE DELETE ON audit_line BEGIN SELECT RAISE(ABORT, 'audit_line is append-only'); END;
