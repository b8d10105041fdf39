-- Why a receipt is not the official document it should have been; the office puts it right and issues it anew.
ALTER TABLE receipt ADD COLUMN held_back TEXT;
CREATE INDEX receipt_held_back ON receipt (issued_at) WHERE held_back IS NOT NULL;
CREATE INDEX statement_item_blocked ON statement_item (run_id) WHERE state = 'blocked';
