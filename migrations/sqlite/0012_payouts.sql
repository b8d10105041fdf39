-- Stripe's balance, line by line, and which payout carried each line to the bank (AC-6, AC-7).

CREATE TABLE balance_transaction (
    id            TEXT PRIMARY KEY,
    payout        TEXT,
    kind          TEXT NOT NULL,
    category      TEXT NOT NULL,
    source        TEXT,
    currency      TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor  INTEGER NOT NULL,
    fee_minor     INTEGER NOT NULL,
    net_minor     INTEGER NOT NULL,
    exchange_rate TEXT,
    words         TEXT NOT NULL,
    available_at  TEXT NOT NULL,
    made_at       TEXT NOT NULL,
    CHECK (net_minor = amount_minor - fee_minor)
) STRICT;
CREATE INDEX balance_transaction_payout ON balance_transaction (payout, made_at, id) WHERE payout IS NOT NULL;
CREATE INDEX balance_transaction_made ON balance_transaction (currency, made_at);
CREATE INDEX balance_transaction_source ON balance_transaction (source);

ALTER TABLE payout ADD COLUMN method TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE payout ADD COLUMN failure_code TEXT;
ALTER TABLE payout ADD COLUMN bank_trace TEXT;
-- When all its lines were read.
ALTER TABLE payout ADD COLUMN listed_at TEXT;
CREATE INDEX payout_made ON payout (made_at, id);
CREATE INDEX payout_failed ON payout (updated_at) WHERE state = 'failed';
CREATE INDEX payout_sum ON payout (amount_minor, arrives_on);

-- The line of the bank's file that a payout arrived as.
ALTER TABLE bank_line ADD COLUMN payout_id TEXT REFERENCES payout (id);
CREATE UNIQUE INDEX bank_line_payout ON bank_line (payout_id) WHERE payout_id IS NOT NULL;
