-- Statements are taken out as documents, too: one archive of PDFs. (The constraint is changed as in 0006.)
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'format IN (''csv'', ''xlsx'')', 'format IN (''csv'', ''xlsx'', ''zip'')')
    WHERE type = 'table' AND name = 'export_batch';
PRAGMA writable_schema = RESET;
