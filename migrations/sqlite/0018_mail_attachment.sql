-- The statement whose PDF goes with a mail, where the charity file asks for that.
ALTER TABLE mail_outbox ADD COLUMN statement_id TEXT REFERENCES statement (id);
