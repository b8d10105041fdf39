-- Gifts of another system, brought in from its files. A file is looked at first: its rows wait here until somebody brings
-- them in or lets them go. What was brought in can be taken out again as long as nothing has been built on it.
CREATE TABLE import_batch (
    id          TEXT PRIMARY KEY,
    nonce       TEXT NOT NULL UNIQUE,
    source      TEXT NOT NULL CHECK (source IN ('template', 'givewp', 'donorbox')),
    entity_id   TEXT NOT NULL,
    fund_id     TEXT NOT NULL,
    claimed     INTEGER NOT NULL CHECK (claimed IN (FALSE, TRUE)),
    file_name   TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('checked', 'running', 'done', 'rolling_back', 'rolled_back', 'dropped')),
    read_by     TEXT NOT NULL REFERENCES staff (id),
    read_at     TEXT NOT NULL,
    done_at     TEXT,
    why         TEXT
) STRICT;
CREATE INDEX import_batch_read ON import_batch (read_at);

-- A row of the file. `payload`: what it says, until it is a gift or let go.
CREATE TABLE import_row (
    batch_id     TEXT NOT NULL REFERENCES import_batch (id),
    line         INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('ready', 'problem', 'left_out', 'known', 'done', 'gone')),
    external_id  TEXT NOT NULL,
    giver        TEXT NOT NULL,
    tax_year     TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    words        TEXT NOT NULL,
    payload      TEXT,
    gift_id      TEXT REFERENCES gift (id),
    donor_id     TEXT REFERENCES donor (id),
    donor_new    INTEGER NOT NULL CHECK (donor_new IN (FALSE, TRUE)),
    claimed      INTEGER NOT NULL CHECK (claimed IN (FALSE, TRUE)),
    PRIMARY KEY (batch_id, line)
) STRICT;
CREATE INDEX import_row_gift ON import_row (gift_id) WHERE gift_id IS NOT NULL;
CREATE INDEX import_row_donor ON import_row (donor_id) WHERE donor_id IS NOT NULL;
CREATE INDEX import_row_state ON import_row (batch_id, state, line);

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'IN (''cheque'', ''cash'', ''bank_transfer'', ''standing_order'')',
    'IN (''cheque'', ''cash'', ''bank_transfer'', ''standing_order'', ''imported'')')
    WHERE type = 'table' AND name = 'offline_gift';
PRAGMA writable_schema = RESET;

-- Gifts stay, but for those of an import that is being taken back.
DROP TRIGGER gift_no_delete;
CREATE TRIGGER gift_no_delete BEFORE DELETE ON gift
WHEN NOT EXISTS (SELECT 1 FROM import_batch b WHERE b.state = 'rolling_back' AND OLD.method_kind = 'imported'
    AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.gift_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'gift is append-only'); END;
DROP TRIGGER ledger_entry_no_delete;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
WHEN NOT EXISTS (SELECT 1 FROM import_row r JOIN import_batch b ON b.id = r.batch_id
    WHERE r.gift_id = OLD.gift_id AND b.state = 'rolling_back')
BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
DROP TRIGGER offline_gift_no_delete;
CREATE TRIGGER offline_gift_no_delete BEFORE DELETE ON offline_gift
WHEN NOT EXISTS (SELECT 1 FROM import_row r JOIN import_batch b ON b.id = r.batch_id
    WHERE r.gift_id = OLD.gift_id AND b.state = 'rolling_back')
BEGIN SELECT RAISE(ABORT, 'offline_gift is append-only'); END;
