-- A merge that is undone gives who stayed the mailbox they had: that of their account, if there was one, and of their record.
ALTER TABLE donor_merge ADD COLUMN kept_email TEXT;
ALTER TABLE donor_merge ADD COLUMN kept_email_norm TEXT;
ALTER TABLE donor_merge ADD COLUMN record_email TEXT NOT NULL DEFAULT '';
ALTER TABLE donor_merge ADD COLUMN record_email_norm TEXT NOT NULL DEFAULT '';
-- Of merges that were made before, what is known now; an account that was opened since is none they had.
UPDATE donor_merge SET record_email = (SELECT d.email FROM donor d WHERE d.id = donor_merge.donor_id),
    record_email_norm = (SELECT d.email_norm FROM donor d WHERE d.id = donor_merge.donor_id),
    kept_email = (SELECT a.email FROM account a WHERE a.donor_id = donor_merge.donor_id AND a.created_at < donor_merge.made_at),
    kept_email_norm = (SELECT a.email_norm FROM account a WHERE a.donor_id = donor_merge.donor_id
        AND a.created_at < donor_merge.made_at);

-- Files are read in several steps; and whether the other system issued receipts that are official documents.
ALTER TABLE import_batch DROP CONSTRAINT import_batch_state_check;
ALTER TABLE import_batch ADD CONSTRAINT import_batch_state_check
    CHECK (state IN ('reading', 'checked', 'running', 'done', 'rolling_back', 'rolled_back', 'dropped'));
ALTER TABLE import_batch ADD COLUMN receipted BOOLEAN NOT NULL DEFAULT TRUE;

-- A gift leaves the books only by the row that brought it in, and only while that row's file is being taken back.
ALTER TABLE import_row ADD COLUMN taken_gift TEXT COLLATE "C";
CREATE INDEX import_row_taken ON import_row (taken_gift) WHERE taken_gift IS NOT NULL;
CREATE OR REPLACE FUNCTION refuse_delete_of_gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.method_kind = 'imported' AND EXISTS (SELECT 1 FROM import_row r JOIN import_batch b ON b.id = r.batch_id
            WHERE r.taken_gift = OLD.id AND b.state = 'rolling_back')
            AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.gift_id = OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'gift is append-only';
END $$;

-- What a gift was before a correction, or became by it until the next one, loses the name of who asked to be forgotten; nothing
-- else of it changes.
CREATE FUNCTION refuse_change_of_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.was::jsonb - 'donor_details', NEW.id, NEW.gift_id, NEW.seq, NEW.kind, NEW.nonce, NEW.donor_id,
            NEW.declaration_id, NEW.fund_id, NEW.campaign_id, NEW.received_at, NEW.received_on, NEW.tax_year, NEW.amount_minor,
            NEW.why, NEW.made_by, NEW.made_at)
        IS NOT DISTINCT FROM (OLD.was::jsonb - 'donor_details', OLD.id, OLD.gift_id, OLD.seq, OLD.kind, OLD.nonce, OLD.donor_id,
            OLD.declaration_id, OLD.fund_id, OLD.campaign_id, OLD.received_at, OLD.received_on, OLD.tax_year,
            OLD.amount_minor, OLD.why, OLD.made_by, OLD.made_at)
        AND (NEW.was = OLD.was OR EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id AND e.state = 'asked'
            WHERE d.id = OLD.was::jsonb ->> 'donor'))
        AND (NEW.donor_details = OLD.donor_details OR EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id
            AND e.state = 'asked' WHERE d.id = OLD.donor_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'gift_correction is append-only';
END $$;
DROP TRIGGER gift_correction_append_only ON gift_correction;
CREATE TRIGGER gift_correction_append_only BEFORE DELETE OR TRUNCATE ON gift_correction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gift_correction_no_update BEFORE UPDATE ON gift_correction FOR EACH ROW EXECUTE FUNCTION refuse_change_of_correction();

-- Notices of Stripe whose words are still kept: they are let go of after a while.
CREATE INDEX webhook_event_words ON webhook_event (received_at) WHERE payload <> '{}';
-- Statements are taken out as one document to print, too.
ALTER TABLE export_batch DROP CONSTRAINT export_batch_format_check;
ALTER TABLE export_batch ADD CONSTRAINT export_batch_format_check CHECK (format IN ('csv', 'xlsx', 'zip', 'pdf'));
-- Declarations are brought in, too.
ALTER TABLE import_batch DROP CONSTRAINT import_batch_source_check;
ALTER TABLE import_batch ADD CONSTRAINT import_batch_source_check
    CHECK (source IN ('template', 'givewp', 'donorbox', 'declarations'));
ALTER TABLE import_row ADD COLUMN declaration_id TEXT COLLATE "C" REFERENCES declaration (id);
CREATE INDEX import_row_declaration ON import_row (declaration_id) WHERE declaration_id IS NOT NULL;
-- Donors that an import made are looked for in these before they go.
CREATE INDEX mailbox_proof_donor ON mailbox_proof (donor_id) WHERE donor_id IS NOT NULL;
CREATE INDEX offline_line_donor ON offline_line (donor_id);
CREATE INDEX statement_item_donor ON statement_item (donor_id);
CREATE INDEX gift_correction_donor ON gift_correction (donor_id);
-- A declaration that was brought in by mistake counts as never made, whether it has ended or not.
ALTER TABLE declaration_event DROP CONSTRAINT declaration_event_kind_check;
ALTER TABLE declaration_event ADD CONSTRAINT declaration_event_kind_check CHECK (kind IN ('record_sent', 'ended', 'taken_back'));
-- Columns that are compared with ids of another table are collated as these are: else the index is of no use (a payout's lines were
-- looked for in the whole ledger, each).
ALTER TABLE ledger_entry ALTER COLUMN balance_transaction TYPE TEXT COLLATE "C";
ALTER TABLE payout ALTER COLUMN stripe_payout TYPE TEXT COLLATE "C";
ALTER TABLE mail_outbox ALTER COLUMN proof_id TYPE TEXT COLLATE "C";
