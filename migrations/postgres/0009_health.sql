-- What is wrong with the house now, since when, and when it was told: an alarm is raised once and called off once.
CREATE TABLE alarm (
    name      TEXT PRIMARY KEY,
    raised_at TIMESTAMPTZ NOT NULL,
    words     TEXT NOT NULL
);
CREATE INDEX mail_outbox_failed ON mail_outbox (created_at) WHERE state = 'failed';
CREATE INDEX webhook_event_dead ON webhook_event (received_at) WHERE state = 'dead';
