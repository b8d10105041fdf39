-- A debit that a bank has not decided is kept in sight, and is nothing that an event should have told.

ALTER TABLE drift ADD COLUMN pending INTEGER NOT NULL DEFAULT FALSE CHECK (pending IN (FALSE, TRUE));
UPDATE drift SET pending = TRUE WHERE words = 'with the bank';
CREATE INDEX drift_run ON drift (run_id);
