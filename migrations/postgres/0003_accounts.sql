-- Accounts: who signs in, how a mailbox is proven, what a browser holds.

-- The donor record that this one counts for: itself, or the account that proved its mailbox. Gifts never move (they are
-- append-only); what belongs to a person is what their records count for. Set for every row.
ALTER TABLE donor ADD COLUMN owner_id TEXT COLLATE "C" REFERENCES donor (id);
UPDATE donor SET owner_id = id;
CREATE INDEX donor_owner ON donor (owner_id);
ALTER TABLE donor ADD COLUMN telephone TEXT;

-- A donor who can sign in. No password: by e-mail link alone.
CREATE TABLE account (
    donor_id        TEXT COLLATE "C" PRIMARY KEY REFERENCES donor (id),
    email           TEXT NOT NULL,
    email_norm      TEXT NOT NULL UNIQUE,
    password_hash   TEXT,
    password_set_at TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);

-- Where a donor lives and lived. A row is closed, never changed.
CREATE TABLE donor_address (
    id         TEXT COLLATE "C" PRIMARY KEY,
    donor_id   TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    line1      TEXT NOT NULL,
    line2      TEXT NOT NULL,
    city       TEXT NOT NULL,
    region     TEXT NOT NULL,
    postcode   TEXT NOT NULL,
    country    TEXT NOT NULL CHECK (length(country) = 2),
    valid_from TIMESTAMPTZ NOT NULL,
    valid_to   TIMESTAMPTZ
);
CREATE UNIQUE INDEX donor_address_now ON donor_address (donor_id) WHERE valid_to IS NULL;
CREATE INDEX donor_address_donor ON donor_address (donor_id, valid_from);

-- A question sent to a mailbox. Link and code are worked out from the id and the server's secret: neither is kept.
CREATE TABLE mailbox_proof (
    id             TEXT COLLATE "C" PRIMARY KEY,
    purpose        TEXT NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'reset', 'change_email')),
    email          TEXT NOT NULL,
    email_norm     TEXT NOT NULL,
    donor_id       TEXT COLLATE "C" REFERENCES donor (id),
    browser_sha256 TEXT NOT NULL,
    detail         TEXT NOT NULL,
    code_tries     BIGINT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    used_at        TIMESTAMPTZ
);
CREATE INDEX mailbox_proof_expiry ON mailbox_proof (expires_at);
ALTER TABLE mail_outbox ADD COLUMN proof_id TEXT;

-- A browser that is signed in, or waits for a mailbox to answer. The cookie's value is not kept, only its hash.
CREATE TABLE web_session (
    id_sha256  TEXT PRIMARY KEY,
    donor_id   TEXT COLLATE "C" REFERENCES donor (id),
    data       TEXT NOT NULL,
    agent      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX web_session_donor ON web_session (donor_id);
CREATE INDEX web_session_seen ON web_session (seen_at);
CREATE INDEX web_session_begun ON web_session (created_at);
CREATE INDEX mail_outbox_proof ON mail_outbox (proof_id) WHERE proof_id IS NOT NULL;

-- Browsers that have signed in before: a new one is told to the donor.
CREATE TABLE known_browser (
    donor_id       TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    browser_sha256 TEXT NOT NULL,
    first_seen_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (donor_id, browser_sha256)
);

-- Stripe's customer of a payment, so that a saved method can be used again.
ALTER TABLE payment ADD COLUMN stripe_customer TEXT;
