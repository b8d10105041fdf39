-- Donors who asked to be forgotten (PR-11). Their plans are stopped first; what the law wants kept is kept until a day; the
-- rest goes, and what stays behind of the mailbox is a hash that says "not again" (PR-6).
CREATE TABLE erasure (
    id         TEXT PRIMARY KEY,
    donor_id   TEXT NOT NULL UNIQUE REFERENCES donor (id),
    nonce      TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL CHECK (state IN ('asked', 'done')),
    why        TEXT NOT NULL,
    asked_by   TEXT NOT NULL REFERENCES staff (id),
    asked_at   TEXT NOT NULL,
    waits_for  TEXT,
    done_at    TEXT,
    held_until TEXT,
    CHECK ((state = 'done') = (done_at IS NOT NULL))
) STRICT;
CREATE INDEX erasure_open ON erasure (asked_at) WHERE state = 'asked';
CREATE INDEX erasure_held ON erasure (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE suppression (
    email_sha256 TEXT PRIMARY KEY,
    channel      TEXT NOT NULL CHECK (channel IN ('email')),
    why          TEXT NOT NULL CHECK (why IN ('erased')),
    since        TEXT NOT NULL
) STRICT;

-- What a donor wrote with a gift goes when they are forgotten; everything else of a gift stays as it was.
DROP TRIGGER gift_no_update;
CREATE TRIGGER gift_no_update BEFORE UPDATE ON gift
WHEN (NOT EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = OLD.id AND c.seq = OLD.corrections + 1
            AND NEW.corrections = c.seq AND NEW.donor_id = c.donor_id AND NEW.donor_details = c.donor_details
            AND NEW.declaration_id IS c.declaration_id AND NEW.fund_id = c.fund_id AND NEW.campaign_id IS c.campaign_id
            AND NEW.received_at = c.received_at AND NEW.received_on = c.received_on AND NEW.tax_year = c.tax_year
            AND NEW.amount_minor = c.amount_minor)
        OR NEW.note IS NOT OLD.note OR NEW.tribute_kind IS NOT OLD.tribute_kind
        OR NEW.tribute_name IS NOT OLD.tribute_name)
    AND NOT (NEW.note IS NULL AND NEW.tribute_kind IS NULL AND NEW.tribute_name IS NULL
        AND EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id AND e.state = 'asked'
            WHERE d.id = OLD.donor_id)
        AND NEW.corrections = OLD.corrections AND NEW.donor_id = OLD.donor_id AND NEW.donor_details = OLD.donor_details
        AND NEW.declaration_id IS OLD.declaration_id AND NEW.fund_id = OLD.fund_id
        AND NEW.campaign_id IS OLD.campaign_id AND NEW.received_at = OLD.received_at
        AND NEW.received_on = OLD.received_on AND NEW.tax_year = OLD.tax_year AND NEW.amount_minor = OLD.amount_minor)
    OR NEW.id <> OLD.id OR NEW.payment_id IS NOT OLD.payment_id OR NEW.pledge_id IS NOT OLD.pledge_id
    OR NEW.entity_id <> OLD.entity_id OR NEW.currency <> OLD.currency OR NEW.fee_cover_minor <> OLD.fee_cover_minor
    OR NEW.instalment IS NOT OLD.instalment OR NEW.method_kind <> OLD.method_kind
    OR NEW.method_label <> OLD.method_label OR NEW.method_last4 IS NOT OLD.method_last4
    OR NEW.stripe_payment_intent IS NOT OLD.stripe_payment_intent OR NEW.stripe_charge IS NOT OLD.stripe_charge
    OR NEW.stripe_invoice IS NOT OLD.stripe_invoice OR NEW.created_at <> OLD.created_at
BEGIN SELECT RAISE(ABORT, 'gift is append-only: it changes to what its next correction says'); END;
