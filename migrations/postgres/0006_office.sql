-- The office: staff and how they sign in, what they enter by hand, what they correct, what they take out.

-- ── Constraints that money given by cheque, in cash or by bank transfer does not meet ─────────────────────────────
ALTER TABLE gift ALTER COLUMN stripe_payment_intent DROP NOT NULL;
ALTER TABLE gift ALTER COLUMN stripe_charge DROP NOT NULL;
ALTER TABLE refund ALTER COLUMN stripe_refund DROP NOT NULL;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_kind_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_kind_check CHECK (kind IN ('gift', 'fee', 'refund', 'refund_fee',
    'refund_failed', 'dispute_withdrawn', 'dispute_fee', 'dispute_reinstated', 'dispute_fee_returned', 'correction',
    'returned')) NOT VALID;
ALTER TABLE donor DROP CONSTRAINT donor_standing_check;
ALTER TABLE donor ADD CONSTRAINT donor_standing_check CHECK (standing IN ('guest', 'account', 'offline')) NOT VALID;
ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_state_check;
ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_state_check
    CHECK (state IN ('queued', 'sent', 'failed', 'held')) NOT VALID;

-- ── Staff ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE staff (
    id             TEXT COLLATE "C" PRIMARY KEY,
    email          TEXT NOT NULL,
    email_norm     TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    roles          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    password_hash  TEXT,
    totp_sealed    TEXT,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    created_at     TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL
);

-- A link that sets a member of staff up, once. The link itself is not kept, only its hash.
CREATE TABLE staff_invitation (
    id           TEXT COLLATE "C" PRIMARY KEY,
    staff_id     TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    token_sha256 TEXT NOT NULL UNIQUE,
    invited_by   TEXT NOT NULL,
    challenge    TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    closed_at    TIMESTAMPTZ
);
CREATE INDEX staff_invitation_of ON staff_invitation (staff_id, created_at);

CREATE TABLE staff_passkey (
    id            TEXT COLLATE "C" PRIMARY KEY,
    staff_id      TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    credential_id TEXT NOT NULL UNIQUE,
    passkey       TEXT NOT NULL,
    name          TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    used_at       TIMESTAMPTZ
);
CREATE INDEX staff_passkey_of ON staff_passkey (staff_id);

CREATE TABLE staff_recovery_code (
    staff_id    TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    code_sha256 TEXT NOT NULL,
    used_at     TIMESTAMPTZ,
    PRIMARY KEY (staff_id, code_sha256)
);

-- A browser at the staff door. `stage`: the password was right; or the second factor too.
CREATE TABLE staff_session (
    id_sha256  TEXT COLLATE "C" PRIMARY KEY,
    staff_id   TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    stage      TEXT NOT NULL CHECK (stage IN ('password', 'inside')),
    challenge  TEXT,
    agent      TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL,
    proven_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX staff_session_of ON staff_session (staff_id);
CREATE INDEX staff_session_seen ON staff_session (seen_at);

-- ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────
-- The words by which a donor is found: names, organisation, mailbox; lower case, without accents.
CREATE TABLE donor_term (
    term     TEXT COLLATE "C" NOT NULL,
    donor_id TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    PRIMARY KEY (term, donor_id)
);
CREATE INDEX donor_term_of ON donor_term (donor_id, term);
-- When the words were last taken from the donor's names; none: not yet.
ALTER TABLE donor ADD COLUMN terms_at TIMESTAMPTZ;
CREATE INDEX donor_without_terms ON donor (id) WHERE terms_at IS NULL;
CREATE INDEX donor_since ON donor (created_at, id);

CREATE INDEX gift_received ON gift (received_at, id);
CREATE INDEX gift_day ON gift (received_on, id);
CREATE INDEX gift_fund ON gift (fund_id, received_at, id);
CREATE INDEX gift_entity ON gift (entity_id, received_at, id);
CREATE INDEX gift_method ON gift (method_kind, received_at, id);
CREATE INDEX gift_amount ON gift (amount_minor, received_at, id);
CREATE INDEX gift_currency ON gift (currency, received_at, id);
CREATE INDEX gift_campaign ON gift (campaign_id, received_at, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX payment_customer ON payment (stripe_customer) WHERE stripe_customer IS NOT NULL;
CREATE INDEX dispute_open ON dispute (evidence_due) WHERE state = 'open';
CREATE INDEX dispute_decided ON dispute (updated_at, id) WHERE state <> 'open';
CREATE INDEX refund_failed ON refund (updated_at, id) WHERE state = 'failed';
CREATE INDEX mail_outbox_donor ON mail_outbox (donor_id, created_at);
CREATE INDEX audit_line_actor ON audit_line (actor, seq);
CREATE INDEX audit_line_action ON audit_line (action, seq);
DROP INDEX audit_line_subject;
CREATE INDEX audit_line_about ON audit_line (subject, seq);
CREATE INDEX audit_line_at ON audit_line (at);

-- ── Notes and mail that rests ─────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE donor_note (
    id         TEXT COLLATE "C" PRIMARY KEY,
    donor_id   TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    gift_id    TEXT COLLATE "C" REFERENCES gift (id),
    words      TEXT NOT NULL,
    written_by TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    written_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX donor_note_of ON donor_note (donor_id, written_at);

-- While one is open, mail to the donor waits (but for what they ask for themselves, such as a sign-in link).
CREATE TABLE donor_mail_pause (
    id        TEXT COLLATE "C" PRIMARY KEY,
    donor_id  TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    why       TEXT NOT NULL,
    paused_by TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    paused_at TIMESTAMPTZ NOT NULL,
    ended_by  TEXT COLLATE "C" REFERENCES staff (id),
    ended_at  TIMESTAMPTZ
);
CREATE UNIQUE INDEX donor_mail_pause_now ON donor_mail_pause (donor_id) WHERE ended_at IS NULL;

-- ── Money that came without Stripe ────────────────────────────────────────────────────────────────────────────────
-- Gifts entered together, held against the sums counted by hand.
CREATE TABLE offline_batch (
    id            TEXT COLLATE "C" PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('cheque', 'cash', 'bank_transfer', 'standing_order')),
    entity_id     TEXT NOT NULL,
    currency      TEXT NOT NULL CHECK (length(currency) = 3),
    name          TEXT NOT NULL,
    control_count BIGINT NOT NULL CHECK (control_count > 0),
    control_minor BIGINT NOT NULL CHECK (control_minor > 0),
    received_on   DATE NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'posted', 'dropped')),
    opened_by     TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    opened_at     TIMESTAMPTZ NOT NULL,
    closed_by     TEXT COLLATE "C" REFERENCES staff (id),
    closed_at     TIMESTAMPTZ
);
CREATE INDEX offline_batch_open ON offline_batch (opened_at) WHERE state = 'open';

-- A line of a batch that is not posted yet. Posted lines are gifts.
CREATE TABLE offline_line (
    id           TEXT COLLATE "C" PRIMARY KEY,
    batch_id     TEXT COLLATE "C" NOT NULL REFERENCES offline_batch (id),
    nonce        TEXT NOT NULL UNIQUE,
    donor_id     TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    fund_id      TEXT NOT NULL,
    campaign_id  TEXT,
    reference    TEXT NOT NULL,
    gift_id      TEXT COLLATE "C" REFERENCES gift (id),
    entered_by   TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    entered_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX offline_line_of ON offline_line (batch_id, entered_at);

-- How the lines of one bank's files are read.
CREATE TABLE bank_mapping (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    mapping    TEXT NOT NULL,
    updated_by TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE bank_import (
    id          TEXT COLLATE "C" PRIMARY KEY,
    file_name   TEXT NOT NULL,
    file_sha256 TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL CHECK (kind IN ('csv', 'camt053')),
    mapping_id  TEXT COLLATE "C" REFERENCES bank_mapping (id),
    entity_id   TEXT NOT NULL,
    account     TEXT NOT NULL,
    currency    TEXT NOT NULL CHECK (length(currency) = 3),
    lines       BIGINT NOT NULL,
    known       BIGINT NOT NULL,
    sum_minor   BIGINT NOT NULL,
    imported_by TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    imported_at TIMESTAMPTZ NOT NULL
);

-- One sum that reached the bank account. `fingerprint`: the same line of the same account is there once, whichever files hold it.
CREATE TABLE bank_line (
    id           TEXT COLLATE "C" PRIMARY KEY,
    import_id    TEXT COLLATE "C" NOT NULL REFERENCES bank_import (id),
    fingerprint  TEXT NOT NULL UNIQUE,
    position     BIGINT NOT NULL,
    currency     TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    booked_on    DATE NOT NULL,
    payer        TEXT NOT NULL,
    payer_norm   TEXT NOT NULL,
    reference    TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'matched', 'ignored')),
    why          TEXT,
    gift_id      TEXT COLLATE "C" REFERENCES gift (id),
    closed_by    TEXT COLLATE "C" REFERENCES staff (id),
    closed_at    TIMESTAMPTZ
);
CREATE INDEX bank_line_open ON bank_line (import_id, position) WHERE state = 'open';
CREATE INDEX bank_line_import ON bank_line (import_id, position);
CREATE INDEX bank_line_payer ON bank_line (payer_norm) WHERE state = 'matched';

-- What is known of a gift that came without Stripe. Append-only.
CREATE TABLE offline_gift (
    gift_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES gift (id),
    nonce      TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('cheque', 'cash', 'bank_transfer', 'standing_order')),
    reference  TEXT NOT NULL,
    batch_id   TEXT COLLATE "C" REFERENCES offline_batch (id),
    bank_line  TEXT COLLATE "C" UNIQUE REFERENCES bank_line (id),
    entered_by TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    entered_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX offline_gift_batch ON offline_gift (batch_id);

-- ── Corrections ───────────────────────────────────────────────────────────────────────────────────────────────────
-- What a gift was found to be. A gift's row says how it stands now, and can only be changed to what its next correction says.
CREATE TABLE gift_correction (
    id             TEXT COLLATE "C" PRIMARY KEY,
    gift_id        TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    seq            BIGINT NOT NULL CHECK (seq > 0),
    kind           TEXT NOT NULL CHECK (kind IN ('donor', 'fund', 'date', 'amount')),
    nonce          TEXT NOT NULL UNIQUE,
    was            TEXT NOT NULL,
    donor_id       TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    donor_details  TEXT NOT NULL,
    declaration_id TEXT COLLATE "C",
    fund_id        TEXT NOT NULL,
    campaign_id    TEXT,
    received_at    TIMESTAMPTZ NOT NULL,
    received_on    DATE NOT NULL,
    tax_year       TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL CHECK (amount_minor > 0),
    why            TEXT NOT NULL,
    made_by        TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    made_at        TIMESTAMPTZ NOT NULL,
    UNIQUE (gift_id, seq)
);
CREATE INDEX gift_correction_made ON gift_correction (made_at);
ALTER TABLE gift ADD COLUMN corrections BIGINT NOT NULL DEFAULT 0;

CREATE FUNCTION refuse_change_of_gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = OLD.id AND c.seq = OLD.corrections + 1
                AND NEW.corrections = c.seq AND NEW.donor_id = c.donor_id AND NEW.donor_details = c.donor_details
                AND NEW.declaration_id IS NOT DISTINCT FROM c.declaration_id AND NEW.fund_id = c.fund_id
                AND NEW.campaign_id IS NOT DISTINCT FROM c.campaign_id AND NEW.received_at = c.received_at
                AND NEW.received_on = c.received_on AND NEW.tax_year = c.tax_year AND NEW.amount_minor = c.amount_minor)
            AND (NEW.id, NEW.payment_id, NEW.pledge_id, NEW.entity_id, NEW.currency, NEW.fee_cover_minor, NEW.instalment,
                NEW.method_kind, NEW.method_label, NEW.method_last4, NEW.note, NEW.tribute_kind, NEW.tribute_name,
                NEW.stripe_payment_intent, NEW.stripe_charge, NEW.stripe_invoice, NEW.created_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.payment_id, OLD.pledge_id, OLD.entity_id, OLD.currency, OLD.fee_cover_minor,
                OLD.instalment, OLD.method_kind, OLD.method_label, OLD.method_last4, OLD.note, OLD.tribute_kind,
                OLD.tribute_name, OLD.stripe_payment_intent, OLD.stripe_charge, OLD.stripe_invoice, OLD.created_at)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'gift is append-only: it changes to what its next correction says';
END $$;
DROP TRIGGER gift_append_only ON gift;
CREATE TRIGGER gift_append_only BEFORE UPDATE OR DELETE ON gift FOR EACH ROW EXECUTE FUNCTION refuse_change_of_gift();
CREATE TRIGGER gift_no_truncate BEFORE TRUNCATE ON gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How a receipt left: by mail, or to be printed for somebody without a mailbox. What it replaces is in its content.
ALTER TABLE receipt ADD COLUMN delivery TEXT NOT NULL DEFAULT 'mail' CHECK (delivery IN ('mail', 'paper'));

-- A refund that staff ask for: written before Stripe is asked; its id is the idempotency key.
CREATE TABLE refund_request (
    id            TEXT COLLATE "C" PRIMARY KEY,
    gift_id       TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    nonce         TEXT NOT NULL UNIQUE,
    currency      TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor  BIGINT NOT NULL CHECK (amount_minor > 0),
    reason        TEXT NOT NULL CHECK (reason IN ('requested_by_customer', 'duplicate', 'fraudulent')),
    why           TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('awaiting', 'asked', 'made', 'refused', 'dropped')),
    asked_by      TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    asked_at      TIMESTAMPTZ NOT NULL,
    approved_by   TEXT COLLATE "C" REFERENCES staff (id),
    approved_at   TIMESTAMPTZ,
    stripe_refund TEXT,
    problem       TEXT,
    closed_at     TIMESTAMPTZ
);
-- One at a time: two at once cannot give back more than there is.
CREATE UNIQUE INDEX refund_request_open ON refund_request (gift_id) WHERE state IN ('awaiting', 'asked');
CREATE INDEX refund_request_waiting ON refund_request (asked_at) WHERE state IN ('awaiting', 'asked');
CREATE INDEX refund_request_of ON refund_request (gift_id, asked_at);
CREATE INDEX refund_request_asked ON refund_request (asked_at, id);

-- ── Taking data out ───────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE export_batch (
    id          TEXT COLLATE "C" PRIMARY KEY,
    nonce       TEXT NOT NULL UNIQUE,
    number      TEXT COLLATE "C" NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    format      TEXT NOT NULL CHECK (format IN ('csv', 'xlsx')),
    filter      TEXT NOT NULL,
    why         TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'running', 'done', 'failed')),
    asked_by    TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    asked_at    TIMESTAMPTZ NOT NULL,
    expected    BIGINT,
    done_rows   BIGINT NOT NULL,
    totals      TEXT,
    sha256      TEXT,
    bytes       BIGINT,
    file        TEXT,
    problem     TEXT,
    finished_at TIMESTAMPTZ
);
CREATE INDEX export_batch_asked ON export_batch (asked_at);

-- ── Settings that are data ────────────────────────────────────────────────────────────────────────────────────────
-- From when until when a fund or campaign of the charity file is offered, both days included.
CREATE TABLE offer_window (
    kind      TEXT NOT NULL CHECK (kind IN ('fund', 'campaign')),
    offer_id  TEXT NOT NULL,
    opens_on  DATE,
    closes_on DATE,
    set_by    TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    set_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, offer_id)
);

CREATE TRIGGER offline_gift_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON offline_gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gift_correction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_correction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
