-- Gifts of another system, brought in from its files. A file is looked at first: its rows wait here until somebody brings
-- them in or lets them go. What was brought in can be taken out again as long as nothing has been built on it.
CREATE TABLE import_batch (
    id          TEXT COLLATE "C" PRIMARY KEY,
    nonce       TEXT COLLATE "C" NOT NULL UNIQUE,
    source      TEXT NOT NULL CHECK (source IN ('template', 'givewp', 'donorbox')),
    entity_id   TEXT COLLATE "C" NOT NULL,
    fund_id     TEXT COLLATE "C" NOT NULL,
    claimed     BOOLEAN NOT NULL,
    file_name   TEXT NOT NULL,
    file_sha256 TEXT COLLATE "C" NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('checked', 'running', 'done', 'rolling_back', 'rolled_back', 'dropped')),
    read_by     TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    read_at     TIMESTAMPTZ NOT NULL,
    done_at     TIMESTAMPTZ,
    why         TEXT
);
CREATE INDEX import_batch_read ON import_batch (read_at);

-- A row of the file. `payload`: what it says, until it is a gift or let go.
CREATE TABLE import_row (
    batch_id     TEXT COLLATE "C" NOT NULL REFERENCES import_batch (id),
    line         BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('ready', 'problem', 'left_out', 'known', 'done', 'gone')),
    external_id  TEXT COLLATE "C" NOT NULL,
    giver        TEXT NOT NULL,
    tax_year     TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    words        TEXT NOT NULL,
    payload      TEXT,
    gift_id      TEXT COLLATE "C" REFERENCES gift (id),
    donor_id     TEXT COLLATE "C" REFERENCES donor (id),
    donor_new    BOOLEAN NOT NULL,
    claimed      BOOLEAN NOT NULL,
    PRIMARY KEY (batch_id, line)
);
CREATE INDEX import_row_gift ON import_row (gift_id) WHERE gift_id IS NOT NULL;
CREATE INDEX import_row_donor ON import_row (donor_id) WHERE donor_id IS NOT NULL;
CREATE INDEX import_row_state ON import_row (batch_id, state, line);

ALTER TABLE offline_gift DROP CONSTRAINT offline_gift_kind_check;
ALTER TABLE offline_gift ADD CONSTRAINT offline_gift_kind_check
    CHECK (kind IN ('cheque', 'cash', 'bank_transfer', 'standing_order', 'imported'));

-- Gifts stay, but for those of an import that is being taken back.
CREATE FUNCTION refuse_delete_of_gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.method_kind = 'imported' AND EXISTS (SELECT 1 FROM import_batch b WHERE b.state = 'rolling_back')
            AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.gift_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'gift is append-only';
END $$;
DROP TRIGGER gift_append_only ON gift;
CREATE TRIGGER gift_append_only BEFORE UPDATE ON gift FOR EACH ROW EXECUTE FUNCTION refuse_change_of_gift();
CREATE TRIGGER gift_no_delete BEFORE DELETE ON gift FOR EACH ROW EXECUTE FUNCTION refuse_delete_of_gift();

CREATE FUNCTION refuse_delete_unless_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM import_row r JOIN import_batch b ON b.id = r.batch_id
            WHERE r.gift_id = OLD.gift_id AND b.state = 'rolling_back') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_delete_unless_taken_back();
DROP TRIGGER offline_gift_append_only ON offline_gift;
CREATE TRIGGER offline_gift_append_only BEFORE UPDATE OR TRUNCATE ON offline_gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER offline_gift_no_delete BEFORE DELETE ON offline_gift FOR EACH ROW EXECUTE FUNCTION refuse_delete_unless_taken_back();
