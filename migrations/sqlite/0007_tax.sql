-- Tax: declarations over time, claims, receipts that are cancelled or restored, annual statements, benefits, rates of the day.

-- ── Gift Aid declarations ─────────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE declaration ADD COLUMN non_uk_resident INTEGER NOT NULL DEFAULT 0;
-- Where the evidence is: a form's reference, a shelf mark, a recording.
ALTER TABLE declaration ADD COLUMN evidence_ref TEXT;
-- By whom, when it was not the donor themselves on a page of ours.
ALTER TABLE declaration ADD COLUMN entered_by TEXT REFERENCES staff (id);
-- The one gift of a 'single' declaration that was not made with a form of ours.
ALTER TABLE declaration ADD COLUMN gift_id TEXT REFERENCES gift (id);
-- One for each form that was sent, however often.
ALTER TABLE declaration ADD COLUMN nonce TEXT;
CREATE UNIQUE INDEX declaration_nonce ON declaration (nonce) WHERE nonce IS NOT NULL;

-- What happened to a declaration. 'record_sent': the written record of an oral one (UK-20). 'ended': it covers nothing
-- received on or after effective_on, or nothing at all when it is void from the start (UK-21). Append-only.
CREATE TABLE declaration_event (
    id             TEXT PRIMARY KEY,
    declaration_id TEXT NOT NULL REFERENCES declaration (id),
    kind           TEXT NOT NULL CHECK (kind IN ('record_sent', 'ended')),
    effective_on   TEXT NOT NULL,
    void           INTEGER NOT NULL,
    via            TEXT NOT NULL CHECK (via IN ('web', 'email', 'sms', 'paper', 'oral')),
    words          TEXT NOT NULL,
    recorded_by    TEXT NOT NULL,
    recorded_at    TEXT NOT NULL,
    UNIQUE (declaration_id, kind)
) STRICT;

-- What a donor got for a gift (UK-10, US-5, CA-9). The latest counts; a value of 0 says: nothing. Append-only.
CREATE TABLE gift_benefit (
    id           TEXT PRIMARY KEY,
    gift_id      TEXT NOT NULL REFERENCES gift (id),
    nonce        TEXT NOT NULL UNIQUE,
    currency     TEXT NOT NULL CHECK (length(currency) = 3),
    value_minor  INTEGER NOT NULL CHECK (value_minor >= 0),
    description  TEXT NOT NULL,
    recorded_by  TEXT NOT NULL REFERENCES staff (id),
    recorded_at  TEXT NOT NULL
) STRICT;
CREATE INDEX gift_benefit_of ON gift_benefit (gift_id, recorded_at);

-- A gift in another currency, in sterling at the rate of its day (UK-8). The latest counts. Append-only.
CREATE TABLE gift_rate (
    id             TEXT PRIMARY KEY,
    gift_id        TEXT NOT NULL REFERENCES gift (id),
    nonce          TEXT NOT NULL UNIQUE,
    rate           TEXT NOT NULL,
    sterling_minor INTEGER NOT NULL CHECK (sterling_minor > 0),
    source         TEXT NOT NULL,
    recorded_by    TEXT NOT NULL REFERENCES staff (id),
    recorded_at    TEXT NOT NULL
) STRICT;
CREATE INDEX gift_rate_of ON gift_rate (gift_id, recorded_at);

-- ── Gift Aid claims ───────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE gift_aid_claim (
    id               TEXT PRIMARY KEY,
    number           TEXT NOT NULL UNIQUE,
    entity_id        TEXT NOT NULL,
    nonce            TEXT NOT NULL UNIQUE,
    state            TEXT NOT NULL CHECK (state IN ('draft', 'sent', 'paid', 'dropped')),
    up_to            TEXT NOT NULL,
    row_count        INTEGER NOT NULL,
    gifts_minor      INTEGER NOT NULL,
    tax_minor        INTEGER NOT NULL,
    adjustment_minor INTEGER NOT NULL,
    adjustment_words TEXT NOT NULL,
    report           TEXT NOT NULL,
    made_by          TEXT NOT NULL,
    made_at          TEXT NOT NULL,
    sent_by          TEXT,
    sent_at          TEXT,
    hmrc_reference   TEXT,
    paid_minor       INTEGER,
    paid_on          TEXT,
    paid_words       TEXT,
    closed_at        TEXT
) STRICT;
-- One draft at a time: a gift is in one claim only.
CREATE UNIQUE INDEX gift_aid_claim_draft ON gift_aid_claim (entity_id) WHERE state = 'draft';
CREATE INDEX gift_aid_claim_made ON gift_aid_claim (entity_id, made_at);

-- A gift in a claim, as HMRC reads it. `cells`: the displayed texts of columns B to K. A row of a claim that was sent never changes.
CREATE TABLE gift_aid_row (
    id             TEXT PRIMARY KEY,
    claim_id       TEXT NOT NULL REFERENCES gift_aid_claim (id),
    part           INTEGER NOT NULL CHECK (part > 0),
    item           INTEGER NOT NULL CHECK (item BETWEEN 1 AND 1000),
    gift_id        TEXT NOT NULL REFERENCES gift (id),
    declaration_id TEXT NOT NULL REFERENCES declaration (id),
    given_on       TEXT NOT NULL,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    cells          TEXT NOT NULL,
    UNIQUE (claim_id, part, item),
    UNIQUE (claim_id, gift_id)
) STRICT;
CREATE INDEX gift_aid_row_gift ON gift_aid_row (gift_id);

-- Tax to give back: a gift that was claimed was refunded, taken back or lost its declaration (UK-42, UK-45).
CREATE TABLE gift_aid_adjustment (
    id           TEXT PRIMARY KEY,
    claim_id     TEXT NOT NULL REFERENCES gift_aid_claim (id),
    gift_id      TEXT NOT NULL REFERENCES gift (id),
    why          TEXT NOT NULL CHECK (why IN ('refund', 'dispute', 'returned', 'declaration', 'benefit', 'correction')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    tax_minor    INTEGER NOT NULL CHECK (tax_minor > 0),
    UNIQUE (claim_id, gift_id)
) STRICT;
CREATE INDEX gift_aid_adjustment_gift ON gift_aid_adjustment (gift_id);

CREATE TABLE gift_aid_counter (
    entity_id TEXT PRIMARY KEY,
    last      INTEGER NOT NULL
) STRICT;

-- ── Receipts ──────────────────────────────────────────────────────────────────────────────────────────────────────
-- What happened to a receipt after it was issued; the latest counts. Append-only.
CREATE TABLE receipt_event (
    id          TEXT PRIMARY KEY,
    receipt_id  TEXT NOT NULL REFERENCES receipt (id),
    seq         INTEGER NOT NULL CHECK (seq > 0),
    kind        TEXT NOT NULL CHECK (kind IN ('cancelled', 'replaced', 'restored')),
    why         TEXT NOT NULL CHECK (why IN ('refund', 'dispute', 'returned', 'correction', 'benefit', 'annual')),
    replaced_by TEXT REFERENCES receipt (id),
    recorded_at TEXT NOT NULL,
    UNIQUE (receipt_id, seq)
) STRICT;
-- Check codes are the beginning of the hash of what a document says.
CREATE INDEX receipt_hash ON receipt (content_sha256);

-- ── Annual statements ─────────────────────────────────────────────────────────────────────────────────────────────
-- What a donor gave to an entity in a tax year, frozen as it was told. donor_id: the record that others count for. Append-only.
CREATE TABLE statement (
    id             TEXT PRIMARY KEY,
    donor_id       TEXT NOT NULL REFERENCES donor (id),
    entity_id      TEXT NOT NULL,
    tax_year       TEXT NOT NULL,
    version        INTEGER NOT NULL CHECK (version > 0),
    number         TEXT NOT NULL UNIQUE,
    content        TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    run_id         TEXT,
    issued_at      TEXT NOT NULL,
    UNIQUE (donor_id, entity_id, tax_year, version)
) STRICT;
CREATE INDEX statement_hash ON statement (content_sha256);
CREATE INDEX statement_year ON statement (entity_id, tax_year, donor_id, version);

-- The statements of one entity and year, issued together.
CREATE TABLE statement_run (
    id          TEXT PRIMARY KEY,
    entity_id   TEXT NOT NULL,
    tax_year    TEXT NOT NULL,
    nonce       TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done')),
    expected    INTEGER NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    TEXT NOT NULL,
    finished_at TEXT
) STRICT;
CREATE UNIQUE INDEX statement_run_open ON statement_run (entity_id, tax_year) WHERE state <> 'done';
CREATE INDEX statement_run_asked ON statement_run (asked_at);

CREATE TABLE statement_item (
    run_id       TEXT NOT NULL REFERENCES statement_run (id),
    donor_id     TEXT NOT NULL REFERENCES donor (id),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'issued', 'unchanged', 'nothing', 'blocked')),
    statement_id TEXT REFERENCES statement (id),
    why          TEXT,
    done_at      TEXT,
    PRIMARY KEY (run_id, donor_id)
) STRICT;
CREATE INDEX statement_item_waiting ON statement_item (run_id) WHERE state = 'waiting';

CREATE INDEX gift_tax_year ON gift (entity_id, tax_year, donor_id);

CREATE TRIGGER declaration_event_no_update BEFORE UPDATE ON declaration_event BEGIN SELECT RAISE(ABORT, 'declaration_event is append-only'); END;
CREATE TRIGGER declaration_event_no_delete BEFORE DELETE ON declaration_event BEGIN SELECT RAISE(ABORT, 'declaration_event is append-only'); END;
CREATE TRIGGER gift_benefit_no_update BEFORE UPDATE ON gift_benefit BEGIN SELECT RAISE(ABORT, 'gift_benefit is append-only'); END;
CREATE TRIGGER gift_benefit_no_delete BEFORE DELETE ON gift_benefit BEGIN SELECT RAISE(ABORT, 'gift_benefit is append-only'); END;
CREATE TRIGGER gift_rate_no_update BEFORE UPDATE ON gift_rate BEGIN SELECT RAISE(ABORT, 'gift_rate is append-only'); END;
CREATE TRIGGER gift_rate_no_delete BEFORE DELETE ON gift_rate BEGIN SELECT RAISE(ABORT, 'gift_rate is append-only'); END;
CREATE TRIGGER receipt_event_no_update BEFORE UPDATE ON receipt_event BEGIN SELECT RAISE(ABORT, 'receipt_event is append-only'); END;
CREATE TRIGGER receipt_event_no_delete BEFORE DELETE ON receipt_event BEGIN SELECT RAISE(ABORT, 'receipt_event is append-only'); END;
CREATE TRIGGER statement_no_update BEFORE UPDATE ON statement BEGIN SELECT RAISE(ABORT, 'statement is append-only'); END;
CREATE TRIGGER statement_no_delete BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'statement is append-only'); END;
-- What HMRC was told stays as it was told (UK-44).
CREATE TRIGGER gift_aid_row_no_update BEFORE UPDATE ON gift_aid_row BEGIN SELECT RAISE(ABORT, 'gift_aid_row is never changed'); END;
CREATE TRIGGER gift_aid_row_no_delete BEFORE DELETE ON gift_aid_row
WHEN (SELECT state FROM gift_aid_claim WHERE id = OLD.claim_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the rows of a claim that was sent are frozen'); END;
CREATE TRIGGER gift_aid_row_no_late_insert BEFORE INSERT ON gift_aid_row
WHEN (SELECT state FROM gift_aid_claim WHERE id = NEW.claim_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the rows of a claim that was sent are frozen'); END;
CREATE TRIGGER gift_aid_adjustment_no_update BEFORE UPDATE ON gift_aid_adjustment BEGIN SELECT RAISE(ABORT, 'gift_aid_adjustment is never changed'); END;
CREATE TRIGGER gift_aid_adjustment_no_delete BEFORE DELETE ON gift_aid_adjustment
WHEN (SELECT state FROM gift_aid_claim WHERE id = OLD.claim_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the adjustments of a claim that was sent are frozen'); END;
CREATE TRIGGER gift_aid_adjustment_no_late_insert BEFORE INSERT ON gift_aid_adjustment
WHEN (SELECT state FROM gift_aid_claim WHERE id = NEW.claim_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'the adjustments of a claim that was sent are frozen'); END;

-- Lists of a fund or an entity in a range of days are counted from the index alone.
DROP INDEX gift_fund;
CREATE INDEX gift_fund ON gift (fund_id, received_at, id, received_on);
DROP INDEX gift_entity;
CREATE INDEX gift_entity ON gift (entity_id, received_at, id, received_on);
CREATE INDEX receipt_issued ON receipt (issued_at, number);
