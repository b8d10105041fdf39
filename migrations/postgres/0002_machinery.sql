-- What makes the system reliable: inbox, outbox, jobs, schedule, audit chain.

CREATE TABLE webhook_event (
    id             TEXT PRIMARY KEY,
    type           TEXT NOT NULL,
    object_id      TEXT NOT NULL,
    job_kind       TEXT,
    subject        TEXT,
    api_version    TEXT,
    payload        TEXT NOT NULL,
    event_created  TIMESTAMPTZ NOT NULL,
    received_at    TIMESTAMPTZ NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'dead')),
    last_error     TEXT,
    processed_at   TIMESTAMPTZ
);
CREATE INDEX webhook_event_pending ON webhook_event (subject) WHERE state = 'pending';
CREATE INDEX webhook_event_received ON webhook_event (received_at);

CREATE TABLE mail_outbox (
    id           TEXT COLLATE "C" PRIMARY KEY,
    dedupe_key   TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    message_id   TEXT NOT NULL UNIQUE,
    subject      TEXT NOT NULL,
    text_body    TEXT NOT NULL,
    html_body    TEXT NOT NULL,
    donor_id     TEXT COLLATE "C" REFERENCES donor (id),
    gift_id      TEXT COLLATE "C" REFERENCES gift (id),
    state        TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    attempts     BIGINT NOT NULL,
    last_error   TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    sent_at      TIMESTAMPTZ
);
CREATE INDEX mail_outbox_gift ON mail_outbox (gift_id);
CREATE INDEX mail_outbox_open ON mail_outbox (created_at) WHERE state <> 'sent';

CREATE TABLE job (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    hint        TEXT,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'retrying', 'running', 'failed')),
    run_at      TIMESTAMPTZ NOT NULL,
    attempts    BIGINT NOT NULL,
    lease_until TIMESTAMPTZ,
    lease_owner TEXT,
    last_error  TEXT,
    created_at  TIMESTAMPTZ NOT NULL
);
-- No second copy while one waits. A job that runs does not count: what arrives meanwhile needs a fresh look.
CREATE UNIQUE INDEX job_waiting ON job (kind, subject) WHERE state = 'waiting';
CREATE INDEX job_due ON job (run_at) WHERE state <> 'failed';

-- Whoever inserts the period first enqueues its job; nobody leads.
CREATE TABLE schedule_run (
    kind       TEXT NOT NULL,
    period     TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, period)
);

CREATE TABLE audit_line (
    seq       BIGINT PRIMARY KEY,
    id        TEXT COLLATE "C" NOT NULL UNIQUE,
    at        TIMESTAMPTZ NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
);
CREATE INDEX audit_line_subject ON audit_line (subject);

CREATE TABLE audit_head (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    seq      BIGINT NOT NULL,
    hash     TEXT NOT NULL
);
INSERT INTO audit_head (only_row, seq, hash) VALUES (1, 0, '');

-- The ledger and the audit chain can only grow.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER gift_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER receipt_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER declaration_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON declaration FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consent_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
