-- Donors who asked to be forgotten (PR-11). Their plans are stopped first; what the law wants kept is kept until a day; the
-- rest goes, and what stays behind of the mailbox is a hash that says "not again" (PR-6).
CREATE TABLE erasure (
    id         TEXT COLLATE "C" PRIMARY KEY,
    donor_id   TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES donor (id),
    nonce      TEXT COLLATE "C" NOT NULL UNIQUE,
    state      TEXT NOT NULL CHECK (state IN ('asked', 'done')),
    why        TEXT NOT NULL,
    asked_by   TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    asked_at   TIMESTAMPTZ NOT NULL,
    waits_for  TEXT,
    done_at    TIMESTAMPTZ,
    held_until DATE,
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX erasure_open ON erasure (asked_at) WHERE state = 'asked';
CREATE INDEX erasure_held ON erasure (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE suppression (
    email_sha256 TEXT PRIMARY KEY,
    channel      TEXT NOT NULL CHECK (channel IN ('email')),
    why          TEXT NOT NULL CHECK (why IN ('erased')),
    since        TIMESTAMPTZ NOT NULL
);

-- What a donor wrote with a gift goes when they are forgotten; everything else of a gift stays as it was.
CREATE OR REPLACE FUNCTION refuse_change_of_gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.payment_id, NEW.pledge_id, NEW.entity_id, NEW.currency, NEW.fee_cover_minor, NEW.instalment,
                NEW.method_kind, NEW.method_label, NEW.method_last4, NEW.stripe_payment_intent, NEW.stripe_charge,
                NEW.stripe_invoice, NEW.created_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.payment_id, OLD.pledge_id, OLD.entity_id, OLD.currency, OLD.fee_cover_minor,
                OLD.instalment, OLD.method_kind, OLD.method_label, OLD.method_last4, OLD.stripe_payment_intent,
                OLD.stripe_charge, OLD.stripe_invoice, OLD.created_at)
        THEN
            IF (NEW.note, NEW.tribute_kind, NEW.tribute_name) IS NOT DISTINCT FROM (OLD.note, OLD.tribute_kind, OLD.tribute_name)
                AND EXISTS (SELECT 1 FROM gift_correction c WHERE c.gift_id = OLD.id AND c.seq = OLD.corrections + 1
                    AND NEW.corrections = c.seq AND NEW.donor_id = c.donor_id AND NEW.donor_details = c.donor_details
                    AND NEW.declaration_id IS NOT DISTINCT FROM c.declaration_id AND NEW.fund_id = c.fund_id
                    AND NEW.campaign_id IS NOT DISTINCT FROM c.campaign_id AND NEW.received_at = c.received_at
                    AND NEW.received_on = c.received_on AND NEW.tax_year = c.tax_year AND NEW.amount_minor = c.amount_minor)
            THEN
                RETURN NEW;
            END IF;
            IF NEW.note IS NULL AND NEW.tribute_kind IS NULL AND NEW.tribute_name IS NULL
                AND (NEW.corrections, NEW.donor_id, NEW.donor_details, NEW.declaration_id, NEW.fund_id, NEW.campaign_id,
                    NEW.received_at, NEW.received_on, NEW.tax_year, NEW.amount_minor)
                IS NOT DISTINCT FROM (OLD.corrections, OLD.donor_id, OLD.donor_details, OLD.declaration_id, OLD.fund_id,
                    OLD.campaign_id, OLD.received_at, OLD.received_on, OLD.tax_year, OLD.amount_minor)
                AND EXISTS (SELECT 1 FROM donor d JOIN erasure e ON e.donor_id = d.owner_id AND e.state = 'asked'
                    WHERE d.id = OLD.donor_id)
            THEN
                RETURN NEW;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION 'gift is append-only: it changes to what its next correction says';
END $$;
