-- Donors, payments, pledges, gifts and what follows from them.
-- Money: minor units + ISO 4217 code. Instants: UTC, microseconds. Days: civil, in the receiving entity's zone.

CREATE TABLE donor (
    id           TEXT COLLATE "C" PRIMARY KEY,
    standing     TEXT NOT NULL CHECK (standing IN ('guest', 'account')),
    kind         TEXT NOT NULL CHECK (kind IN ('individual', 'organisation')),
    email        TEXT NOT NULL,
    email_norm   TEXT NOT NULL,
    given_name   TEXT NOT NULL,
    family_name  TEXT NOT NULL,
    organisation TEXT,
    locale       TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);
-- One guest per mailbox; gifts of a guest join an account only when that mailbox is proven.
CREATE UNIQUE INDEX donor_guest_mailbox ON donor (email_norm) WHERE standing = 'guest';
CREATE INDEX donor_mailbox ON donor (email_norm);

-- One act of giving on the form. Its id is the idempotency key of the Checkout session.
CREATE TABLE payment (
    id                    TEXT COLLATE "C" PRIMARY KEY,
    reference             TEXT NOT NULL UNIQUE,
    form_nonce            TEXT NOT NULL,
    form_revision         BIGINT NOT NULL,
    fingerprint           TEXT NOT NULL,
    state                 TEXT NOT NULL CHECK (state IN ('started', 'open', 'processing', 'paid', 'failed', 'expired')),
    frequency             TEXT NOT NULL CHECK (frequency IN ('once', 'monthly', 'quarterly', 'yearly')),
    donor_id              TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    entity_id             TEXT NOT NULL,
    fund_id               TEXT NOT NULL,
    campaign_id           TEXT,
    currency              TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor          BIGINT NOT NULL CHECK (amount_minor > 0),
    fee_cover_minor       BIGINT NOT NULL CHECK (fee_cover_minor >= 0),
    donor_details         TEXT NOT NULL,
    evidence              TEXT NOT NULL,
    checkout_request      TEXT NOT NULL,
    note                  TEXT,
    tribute_kind          TEXT CHECK (tribute_kind IN ('memory', 'honour')),
    tribute_name          TEXT,
    stripe_session        TEXT UNIQUE,
    stripe_payment_intent TEXT UNIQUE,
    stripe_subscription   TEXT UNIQUE,
    checkout_url          TEXT,
    expires_at            TIMESTAMPTZ,
    created_at            TIMESTAMPTZ NOT NULL,
    updated_at            TIMESTAMPTZ NOT NULL,
    UNIQUE (form_nonce, form_revision)
);
CREATE INDEX payment_unsettled ON payment (updated_at) WHERE state IN ('started', 'open', 'processing');
CREATE INDEX payment_donor ON payment (donor_id, created_at);

CREATE TABLE declaration (
    id                 TEXT COLLATE "C" PRIMARY KEY,
    donor_id           TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    payment_id         TEXT COLLATE "C" UNIQUE REFERENCES payment (id),
    entity_id          TEXT NOT NULL,
    scope              TEXT NOT NULL CHECK (scope IN ('single', 'future', 'past_4y_and_future')),
    covers_from        DATE NOT NULL,
    full_name          TEXT NOT NULL,
    home_address       TEXT NOT NULL,
    wording_version    TEXT NOT NULL,
    wording_sha256     TEXT NOT NULL,
    words_shown        TEXT NOT NULL,
    channel            TEXT NOT NULL CHECK (channel IN ('web', 'email', 'sms', 'paper', 'oral')),
    made_at            TIMESTAMPTZ NOT NULL
);
CREATE INDEX declaration_donor ON declaration (donor_id, entity_id);

CREATE TABLE consent_entry (
    id              TEXT COLLATE "C" PRIMARY KEY,
    donor_id        TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    payment_id      TEXT COLLATE "C" REFERENCES payment (id),
    entity_id       TEXT NOT NULL,
    channel         TEXT NOT NULL CHECK (channel IN ('email')),
    purpose         TEXT NOT NULL CHECK (purpose IN ('stories', 'events', 'help')),
    basis           TEXT NOT NULL CHECK (basis IN ('consent', 'withdrawn')),
    wording_version TEXT NOT NULL,
    wording_sha256  TEXT NOT NULL,
    source          TEXT NOT NULL,
    made_at         TIMESTAMPTZ NOT NULL,
    UNIQUE (payment_id, purpose)
);
CREATE INDEX consent_entry_donor ON consent_entry (donor_id, purpose, made_at);

-- The plan of a monthly (quarterly, yearly) gift.
CREATE TABLE pledge (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    payment_id          TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES payment (id),
    donor_id            TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    entity_id           TEXT NOT NULL,
    fund_id             TEXT NOT NULL,
    campaign_id         TEXT,
    frequency           TEXT NOT NULL CHECK (frequency IN ('monthly', 'quarterly', 'yearly')),
    currency            TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor        BIGINT NOT NULL CHECK (amount_minor > 0),
    fee_cover_minor     BIGINT NOT NULL CHECK (fee_cover_minor >= 0),
    state               TEXT NOT NULL CHECK (state IN ('pending', 'active', 'retrying', 'paused', 'ending', 'ended')),
    stripe_subscription TEXT NOT NULL UNIQUE,
    stripe_customer     TEXT,
    started_at          TIMESTAMPTZ NOT NULL,
    next_charge_at      TIMESTAMPTZ,
    ended_at            TIMESTAMPTZ,
    seen_at             TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX pledge_donor ON pledge (donor_id);

-- Money received. Append-only: what happens later to a gift is in ledger_entry, refund and dispute.
CREATE TABLE gift (
    id                    TEXT COLLATE "C" PRIMARY KEY,
    payment_id            TEXT COLLATE "C" REFERENCES payment (id),
    pledge_id             TEXT COLLATE "C" REFERENCES pledge (id),
    donor_id              TEXT COLLATE "C" NOT NULL REFERENCES donor (id),
    entity_id             TEXT NOT NULL,
    fund_id               TEXT NOT NULL,
    campaign_id           TEXT,
    currency              TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor          BIGINT NOT NULL CHECK (amount_minor > 0),
    fee_cover_minor       BIGINT NOT NULL CHECK (fee_cover_minor >= 0),
    instalment            BIGINT,
    received_at           TIMESTAMPTZ NOT NULL,
    received_on           DATE NOT NULL,
    tax_year              TEXT NOT NULL,
    method_kind           TEXT NOT NULL,
    method_label          TEXT NOT NULL,
    method_last4          TEXT,
    declaration_id        TEXT COLLATE "C" REFERENCES declaration (id),
    donor_details         TEXT NOT NULL,
    note                  TEXT,
    tribute_kind          TEXT,
    tribute_name          TEXT,
    stripe_payment_intent TEXT NOT NULL UNIQUE,
    stripe_charge         TEXT NOT NULL UNIQUE,
    stripe_invoice        TEXT UNIQUE,
    created_at            TIMESTAMPTZ NOT NULL
);
CREATE INDEX gift_donor ON gift (donor_id, received_at);
CREATE INDEX gift_pledge ON gift (pledge_id, received_at);
CREATE INDEX gift_payment ON gift (payment_id);

CREATE TABLE refund (
    id            TEXT COLLATE "C" PRIMARY KEY,
    gift_id       TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    stripe_refund TEXT NOT NULL UNIQUE,
    currency      TEXT NOT NULL,
    amount_minor  BIGINT NOT NULL CHECK (amount_minor > 0),
    state         TEXT NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'canceled')),
    reason        TEXT,
    made_at       TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX refund_gift ON refund (gift_id);

CREATE TABLE dispute (
    id             TEXT COLLATE "C" PRIMARY KEY,
    gift_id        TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    stripe_dispute TEXT NOT NULL UNIQUE,
    currency       TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL CHECK (amount_minor > 0),
    state          TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    reason         TEXT NOT NULL,
    evidence_due   TIMESTAMPTZ,
    made_at        TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX dispute_gift ON dispute (gift_id);

CREATE TABLE payout (
    id            TEXT COLLATE "C" PRIMARY KEY,
    stripe_payout TEXT NOT NULL UNIQUE,
    currency      TEXT NOT NULL,
    amount_minor  BIGINT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
    automatic     BOOLEAN NOT NULL,
    reconciled    BOOLEAN NOT NULL,
    arrives_on    DATE NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);

-- Every movement of money, signed from the charity's side. Append-only.
CREATE TABLE ledger_entry (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    gift_id             TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    kind                TEXT NOT NULL CHECK (kind IN ('gift', 'fee', 'refund', 'refund_fee', 'refund_failed',
                            'dispute_withdrawn', 'dispute_fee', 'dispute_reinstated', 'dispute_fee_returned')),
    currency            TEXT NOT NULL CHECK (length(currency) = 3),
    amount_minor        BIGINT NOT NULL,
    occurred_at         TIMESTAMPTZ NOT NULL,
    stripe_object       TEXT NOT NULL,
    balance_transaction TEXT,
    created_at          TIMESTAMPTZ NOT NULL,
    UNIQUE (kind, stripe_object)
);
CREATE INDEX ledger_entry_gift ON ledger_entry (gift_id);
CREATE INDEX ledger_entry_balance ON ledger_entry (balance_transaction);

-- A receipt freezes its content when it is issued. Append-only.
CREATE TABLE receipt (
    id              TEXT COLLATE "C" PRIMARY KEY,
    gift_id         TEXT COLLATE "C" NOT NULL REFERENCES gift (id),
    version         BIGINT NOT NULL,
    entity_id       TEXT NOT NULL,
    year            BIGINT NOT NULL,
    serial          BIGINT NOT NULL,
    number          TEXT NOT NULL UNIQUE,
    content         TEXT NOT NULL,
    content_sha256  TEXT NOT NULL,
    issued_at       TIMESTAMPTZ NOT NULL,
    UNIQUE (entity_id, year, serial),
    UNIQUE (gift_id, version)
);

CREATE TABLE receipt_counter (
    entity_id TEXT NOT NULL,
    year      BIGINT NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (entity_id, year)
);
