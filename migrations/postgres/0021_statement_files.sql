-- Statements are taken out as documents, too: one archive of PDFs.
ALTER TABLE export_batch DROP CONSTRAINT export_batch_format_check;
ALTER TABLE export_batch ADD CONSTRAINT export_batch_format_check CHECK (format IN ('csv', 'xlsx', 'zip'));
