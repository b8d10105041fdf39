-- Months that are closed, and what came for one of them afterwards (AC-7, AC-8).

-- A close freezes the figures of an entity's month. Reopened and closed again, it is the next version.
CREATE TABLE month_close (
    id             TEXT COLLATE "C" PRIMARY KEY,
    entity_id      TEXT COLLATE "C" NOT NULL,
    month          TEXT COLLATE "C" NOT NULL CHECK (length(month) = 7),
    version        BIGINT NOT NULL CHECK (version > 0),
    state          TEXT NOT NULL CHECK (state IN ('closed', 'reopening', 'reopened')),
    figures        TEXT NOT NULL,
    figures_sha256 TEXT NOT NULL,
    closed_at      TIMESTAMPTZ NOT NULL,
    closed_by      TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    reopen_why     TEXT,
    reopen_asked_at TIMESTAMPTZ,
    reopen_asked_by TEXT COLLATE "C" REFERENCES staff (id),
    reopened_at    TIMESTAMPTZ,
    reopened_by    TEXT COLLATE "C" REFERENCES staff (id),
    UNIQUE (entity_id, month, version)
);

-- A movement of a closed month that became known later counts in the month that was open then. Append-only.
CREATE TABLE late_posting (
    entry_id       TEXT COLLATE "C" PRIMARY KEY REFERENCES ledger_entry (id),
    entity_id      TEXT COLLATE "C" NOT NULL,
    happened_month TEXT COLLATE "C" NOT NULL CHECK (length(happened_month) = 7),
    booked_month   TEXT COLLATE "C" NOT NULL CHECK (length(booked_month) = 7 AND booked_month > happened_month),
    close_id       TEXT COLLATE "C" NOT NULL REFERENCES month_close (id)
);
CREATE INDEX late_posting_booked ON late_posting (entity_id, booked_month);
CREATE INDEX late_posting_happened ON late_posting (entity_id, happened_month);
