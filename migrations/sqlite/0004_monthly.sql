-- The monthly gift in the donor's hands: when it charges, what it is paid with, what was asked and what failed.

-- What Stripe says of a plan's rhythm. Next charges are worked out from it: anchor and months, less what is paused.
ALTER TABLE pledge ADD COLUMN anchor_at TEXT;
ALTER TABLE pledge ADD COLUMN period_ends_at TEXT;
ALTER TABLE pledge ADD COLUMN pause TEXT NOT NULL DEFAULT 'no' CHECK (pause IN ('no', 'until', 'open'));
ALTER TABLE pledge ADD COLUMN resumes_at TEXT;
ALTER TABLE pledge ADD COLUMN ends_at TEXT;
ALTER TABLE pledge ADD COLUMN ended_why TEXT CHECK (ended_why IN ('asked', 'failed', 'date', 'elsewhere'));
ALTER TABLE pledge ADD COLUMN ended_words TEXT;
-- The act of giving by which it began again.
ALTER TABLE pledge ADD COLUMN restarted_as TEXT REFERENCES payment (id);

-- What it is paid with, as far as a donor may see it. 'YYYY-MM' for cards.
ALTER TABLE pledge ADD COLUMN stripe_method TEXT;
ALTER TABLE pledge ADD COLUMN method_label TEXT;
ALTER TABLE pledge ADD COLUMN method_last4 TEXT;
ALTER TABLE pledge ADD COLUMN method_expires TEXT;
CREATE INDEX pledge_method ON pledge (stripe_method);
CREATE INDEX pledge_customer ON pledge (stripe_customer);

-- One wish about a plan: written with its request before Stripe is asked, done when a re-read plan agrees with it.
CREATE TABLE pledge_change (
    id         TEXT PRIMARY KEY,
    pledge_id  TEXT NOT NULL REFERENCES pledge (id),
    nonce      TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('asked', 'confirmed', 'refused', 'overtaken')),
    origin     TEXT NOT NULL,
    method     TEXT NOT NULL CHECK (method IN ('POST', 'DELETE', 'NONE')),
    path       TEXT NOT NULL,
    body       TEXT NOT NULL,
    was        TEXT NOT NULL,
    wanted     TEXT NOT NULL,
    made_at    TEXT NOT NULL,
    closed_at  TEXT
) STRICT;
CREATE UNIQUE INDEX pledge_change_one_open ON pledge_change (pledge_id) WHERE state = 'asked';
CREATE INDEX pledge_change_of ON pledge_change (pledge_id, made_at);

-- A payment page on which a donor leaves another card or account for the plans of one of Stripe's customers.
CREATE TABLE method_change (
    id              TEXT PRIMARY KEY,
    nonce           TEXT NOT NULL UNIQUE,
    pledge_id       TEXT NOT NULL REFERENCES pledge (id),
    stripe_customer TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('started', 'open', 'given', 'done', 'left')),
    origin          TEXT NOT NULL,
    body            TEXT NOT NULL,
    stripe_session  TEXT UNIQUE,
    stripe_method   TEXT,
    checkout_url    TEXT,
    made_at         TEXT NOT NULL,
    updated_at      TEXT NOT NULL
) STRICT;
CREATE INDEX method_change_of ON method_change (pledge_id, made_at);

-- A charge of a plan that failed, and the mails about it.
CREATE TABLE recovery (
    id             TEXT PRIMARY KEY,
    pledge_id      TEXT NOT NULL REFERENCES pledge (id),
    stripe_invoice TEXT NOT NULL UNIQUE,
    currency       TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    reason         TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'recovered', 'ended', 'dropped')),
    due_at         TEXT NOT NULL,
    began_at       TEXT NOT NULL,
    mails_sent     INTEGER NOT NULL,
    next_mail_at   TEXT,
    closed_at      TEXT
) STRICT;
CREATE INDEX recovery_of ON recovery (pledge_id, began_at);
CREATE INDEX recovery_due ON recovery (next_mail_at) WHERE state = 'open';
