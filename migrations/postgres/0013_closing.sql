-- Months that are closed, and what became known of them afterwards (AC-7, AC-8).

-- A close freezes the figures of an entity's month. Reopened and closed again, it is the next version. The instants are those
-- at which the month begins and ends in the entity's zone.
CREATE TABLE month_close (
    id              TEXT COLLATE "C" PRIMARY KEY,
    entity_id       TEXT COLLATE "C" NOT NULL,
    month           TEXT COLLATE "C" NOT NULL CHECK (length(month) = 7),
    version         BIGINT NOT NULL CHECK (version > 0),
    state           TEXT NOT NULL CHECK (state IN ('closed', 'reopening', 'reopened')),
    starts_at       TIMESTAMPTZ NOT NULL,
    ends_at         TIMESTAMPTZ NOT NULL,
    next_month      TEXT COLLATE "C" NOT NULL CHECK (length(next_month) = 7 AND next_month > month),
    figures         TEXT NOT NULL,
    figures_sha256  TEXT NOT NULL,
    closed_at       TIMESTAMPTZ NOT NULL,
    closed_by       TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    reopen_why      TEXT,
    reopen_asked_at TIMESTAMPTZ,
    reopen_asked_by TEXT COLLATE "C" REFERENCES staff (id),
    reopened_at     TIMESTAMPTZ,
    reopened_by     TEXT COLLATE "C" REFERENCES staff (id),
    UNIQUE (entity_id, month, version),
    CHECK ((state = 'closed') = (reopen_asked_by IS NULL)),
    CHECK ((state = 'reopened') = (reopened_by IS NOT NULL)),
    CHECK (reopened_by IS NULL OR reopened_by <> reopen_asked_by)
);
-- Two who close at once: one is first.
CREATE UNIQUE INDEX month_close_shut ON month_close (entity_id, month) WHERE state <> 'reopened';
CREATE INDEX month_close_end ON month_close (entity_id, ends_at);

CREATE FUNCTION refuse_change_of_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'reopened' AND NEW.id = OLD.id AND NEW.entity_id = OLD.entity_id
            AND NEW.month = OLD.month AND NEW.version = OLD.version AND NEW.starts_at = OLD.starts_at
            AND NEW.ends_at = OLD.ends_at AND NEW.next_month = OLD.next_month AND NEW.figures = OLD.figures
            AND NEW.figures_sha256 = OLD.figures_sha256 AND NEW.closed_at = OLD.closed_at
            AND NEW.closed_by = OLD.closed_by THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was closed stays as it was closed';
END $$;
CREATE TRIGGER month_close_kept BEFORE UPDATE OR DELETE ON month_close FOR EACH ROW EXECUTE FUNCTION refuse_change_of_close();
CREATE TRIGGER month_close_no_truncate BEFORE TRUNCATE ON month_close FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A movement that became known after its month was closed counts in the month that was open then. Append-only.
CREATE TABLE late_posting (
    entry_id       TEXT COLLATE "C" PRIMARY KEY REFERENCES ledger_entry (id),
    entity_id      TEXT COLLATE "C" NOT NULL,
    happened_month TEXT COLLATE "C" NOT NULL CHECK (length(happened_month) = 7),
    booked_month   TEXT COLLATE "C" NOT NULL CHECK (length(booked_month) = 7 AND booked_month > happened_month),
    close_id       TEXT COLLATE "C" NOT NULL REFERENCES month_close (id)
);
CREATE INDEX late_posting_booked ON late_posting (entity_id, booked_month);
CREATE INDEX late_posting_happened ON late_posting (entity_id, happened_month);
CREATE INDEX late_posting_close ON late_posting (close_id);

CREATE TRIGGER late_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON late_posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The ledger itself sees to it, so that no way into it can forget. What is older than the first close belongs to that.
CREATE FUNCTION post_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO late_posting (entry_id, entity_id, happened_month, booked_month, close_id)
    SELECT NEW.id, c.entity_id, c.month, (SELECT l.next_month FROM month_close l WHERE l.entity_id = c.entity_id
            AND l.state <> 'reopened' ORDER BY l.ends_at DESC LIMIT 1), c.id
    FROM gift g JOIN month_close c ON c.entity_id = g.entity_id
    WHERE g.id = NEW.gift_id AND c.state <> 'reopened' AND c.ends_at > NEW.occurred_at
    ORDER BY c.ends_at LIMIT 1;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_late AFTER INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION post_late();

CREATE INDEX ledger_entry_occurred ON ledger_entry (occurred_at);
CREATE INDEX balance_transaction_day ON balance_transaction (made_at);
CREATE INDEX payout_arrives ON payout (arrives_on);
