-- The mirror: how far Stripe's objects were walked, each walk, and what no event had told us.

CREATE TABLE reconcile_cursor (
    kind      TEXT PRIMARY KEY,
    walked_to TIMESTAMPTZ NOT NULL
);

CREATE TABLE reconcile_run (
    id          TEXT COLLATE "C" PRIMARY KEY,
    asked_by    TEXT NOT NULL CHECK (asked_by IN ('schedule', 'command')),
    since       TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    seen        BIGINT NOT NULL DEFAULT 0,
    drifted     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX reconcile_run_started ON reconcile_run (started_at);

CREATE TABLE drift (
    id        TEXT COLLATE "C" PRIMARY KEY,
    run_id    TEXT COLLATE "C" NOT NULL REFERENCES reconcile_run (id),
    kind      TEXT NOT NULL,
    object    TEXT NOT NULL,
    words     TEXT NOT NULL,
    job_kind  TEXT NOT NULL,
    subject   TEXT NOT NULL,
    found_at  TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    outcome   TEXT CHECK (outcome IN ('healed', 'foreign')),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
-- The same thing found again while it waits is the same drift.
CREATE UNIQUE INDEX drift_open ON drift (kind, object) WHERE closed_at IS NULL;
CREATE INDEX drift_found ON drift (found_at);
