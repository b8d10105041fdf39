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
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'IN (''checked'', ''running''', 'IN (''reading'', ''checked'', ''running''')
    WHERE type = 'table' AND name = 'import_batch';
-- Declarations are brought in, too.
UPDATE sqlite_schema SET sql = replace(sql, 'IN (''template'', ''givewp'', ''donorbox'')',
    'IN (''template'', ''givewp'', ''donorbox'', ''declarations'')') WHERE type = 'table' AND name = 'import_batch';
-- A declaration that was brought in by mistake counts as never made, whether it has ended or not.
UPDATE sqlite_schema SET sql = replace(sql, 'IN (''record_sent'', ''ended'')', 'IN (''record_sent'', ''ended'', ''taken_back'')')
    WHERE type = 'table' AND name = 'declaration_event';
-- Statements are taken out as one document to print, too.
UPDATE sqlite_schema SET sql = replace(sql, 'IN (''csv'', ''xlsx'', ''zip'')', 'IN (''csv'', ''xlsx'', ''zip'', ''pdf'')')
    WHERE type = 'table' AND name = 'export_batch';
PRAGMA writable_schema = RESET;
ALTER TABLE import_batch ADD COLUMN receipted INTEGER NOT NULL DEFAULT TRUE CHECK (receipted IN (FALSE, TRUE));

-- A gift leaves the books only by the row that brought it in, and only while that row's file is being taken back.
ALTER TABLE import_row ADD COLUMN taken_gift TEXT;
CREATE INDEX import_row_taken ON import_row (taken_gift) WHERE taken_gift IS NOT NULL;
DROP TRIGGER gift_no_delete;
CREATE TRIGGER gift_no_delete BEFORE DELETE ON gift
WHEN NOT EXISTS (SELECT 1 FROM import_row r JOIN import_batch b ON b.id = r.batch_id
    WHERE r.taken_gift = OLD.id AND b.state = 'rolling_back' AND OLD.method_kind = 'imported'
    AND NOT EXISTS (SELECT 1 FROM receipt x WHERE x.gift_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'gift is append-only'); END;

-- What a gift was before a correction, or became by it until the next one, loses the name of who asked to be forgotten; nothing
-- else of it changes.
DROP TRIGGER gift_correction_no_update;
CREATE TRIGGER gift_correction_no_update BEFORE UPDATE ON gift_correction
WHEN (NEW.was <> OLD.was AND NOT EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id
            AND e.state = 'asked' WHERE d.id = json_extract(OLD.was, '$.donor')))
    OR (NEW.donor_details <> OLD.donor_details AND NOT EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id
            AND e.state = 'asked' WHERE d.id = OLD.donor_id))
    OR json_remove(NEW.was, '$.donor_details') IS NOT json_remove(OLD.was, '$.donor_details')
    OR NEW.id <> OLD.id OR NEW.gift_id <> OLD.gift_id OR NEW.seq <> OLD.seq OR NEW.kind <> OLD.kind
    OR NEW.nonce <> OLD.nonce OR NEW.donor_id <> OLD.donor_id
    OR NEW.declaration_id IS NOT OLD.declaration_id OR NEW.fund_id <> OLD.fund_id
    OR NEW.campaign_id IS NOT OLD.campaign_id OR NEW.received_at <> OLD.received_at
    OR NEW.received_on <> OLD.received_on OR NEW.tax_year <> OLD.tax_year OR NEW.amount_minor <> OLD.amount_minor
    OR NEW.why <> OLD.why OR NEW.made_by <> OLD.made_by OR NEW.made_at <> OLD.made_at
BEGIN SELECT RAISE(ABORT, 'gift_correction is append-only'); END;

-- Notices of Stripe whose words are still kept: they are let go of after a while.
CREATE INDEX webhook_event_words ON webhook_event (received_at) WHERE payload <> '{}';
ALTER TABLE import_row ADD COLUMN declaration_id TEXT REFERENCES declaration (id);
CREATE INDEX import_row_declaration ON import_row (declaration_id) WHERE declaration_id IS NOT NULL;
-- Donors that an import made are looked for in these before they go.
CREATE INDEX mailbox_proof_donor ON mailbox_proof (donor_id) WHERE donor_id IS NOT NULL;
CREATE INDEX offline_line_donor ON offline_line (donor_id);
CREATE INDEX statement_item_donor ON statement_item (donor_id);
CREATE INDEX gift_correction_donor ON gift_correction (donor_id);
