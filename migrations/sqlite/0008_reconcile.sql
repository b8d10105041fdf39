-- The mirror: how far Stripe's objects were walked, each walk, and what no event had told us.

CREATE TABLE reconcile_cursor (
    kind      TEXT PRIMARY KEY,
    walked_to TEXT NOT NULL
) STRICT;

CREATE TABLE reconcile_run (
    id          TEXT PRIMARY KEY,
    asked_by    TEXT NOT NULL CHECK (asked_by IN ('schedule', 'command')),
    since       TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    seen        INTEGER NOT NULL DEFAULT 0,
    drifted     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reconcile_run_started ON reconcile_run (started_at);

CREATE TABLE drift (
    id        TEXT PRIMARY KEY,
    run_id    TEXT NOT NULL REFERENCES reconcile_run (id),
    kind      TEXT NOT NULL,
    object    TEXT NOT NULL,
    words     TEXT NOT NULL,
    job_kind  TEXT NOT NULL,
    subject   TEXT NOT NULL,
    found_at  TEXT NOT NULL,
    closed_at TEXT,
    outcome   TEXT CHECK (outcome IN ('healed', 'foreign')),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;
-- The same thing found again while it waits is the same drift.
CREATE UNIQUE INDEX drift_open ON drift (kind, object) WHERE closed_at IS NULL;
CREATE INDEX drift_found ON drift (found_at);
