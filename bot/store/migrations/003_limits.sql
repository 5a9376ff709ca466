-- Who may spend how much. '' and 0 stand for "all", so that a limit is unique for what it is about.
CREATE TABLE limits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    scope TEXT NOT NULL CHECK (scope IN ('server', 'everyone', 'role', 'member')),
    scope_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 0 AND 999999999999),
    set_by INTEGER NOT NULL,
    set_at REAL NOT NULL,
    UNIQUE (guild_id, scope, scope_id, operation, channel_id, period),
    CHECK ((scope IN ('role', 'member')) = (scope_id > 0))
) STRICT;
CREATE INDEX limits_guild ON limits (guild_id);

-- Credits given to a member once. `draws` says which jobs they pay for, and how much at the most.
CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 1 AND 999999999999),
    note TEXT NOT NULL,
    granted_by INTEGER NOT NULL,
    granted_at REAL NOT NULL,
    expires_at REAL,
    UNIQUE (guild_id, id)
) STRICT;
CREATE INDEX grants_member ON grants (guild_id, member_id, expires_at IS NULL, expires_at);

CREATE TABLE draws (
    guild_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    grant_id INTEGER NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli > 0),
    PRIMARY KEY (job_id, grant_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id),
    FOREIGN KEY (guild_id, grant_id) REFERENCES grants (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX draws_grant ON draws (grant_id);

-- The guild's settings, as bot/rules.py writes them.
CREATE TABLE rules (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    data TEXT NOT NULL CHECK (json_valid(data))
) STRICT;

CREATE TABLE prices (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN 0 AND 999999999999),
    PRIMARY KEY (guild_id, operation, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    until REAL,
    reason TEXT NOT NULL,
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;

-- One line for each decision, append-only: who set what, approvals, blocks, key changes, refusals.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    at REAL NOT NULL,
    by_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    about TEXT NOT NULL CHECK (json_valid(about))
) STRICT;
CREATE INDEX decisions_recent ON decisions (guild_id, at);
CREATE TRIGGER decisions_never_update BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;
-- INSERT OR REPLACE deletes without firing a delete trigger.
CREATE TRIGGER decisions_never_replace BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;
CREATE TRIGGER decisions_never_delete BEFORE DELETE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

-- Cards that wait for a moderator, with the message that asks.
CREATE TABLE approvals (
    card_id TEXT NOT NULL PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER,
    message_id INTEGER,
    asked_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    FOREIGN KEY (guild_id, card_id) REFERENCES cards (guild_id, id)
) STRICT;
CREATE INDEX approvals_expiry ON approvals (expires_at);

-- Requests that wait for their own author's yes. `data` is what cogs/asking.py writes.
CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    expires_at REAL NOT NULL
) STRICT;
CREATE INDEX drafts_expiry ON drafts (expires_at);

-- What the card's channel is in: a channel's limit counts its threads too, a category's all that is in it.
ALTER TABLE cards ADD COLUMN parent_channel_id INTEGER;
ALTER TABLE cards ADD COLUMN category_id INTEGER;

-- Waiting for a free place, not for another job's result.
CREATE INDEX jobs_queue ON jobs (guild_id, created_at) WHERE state = 'waiting' AND after_ids = '[]';
-- A limit for the whole server, or for ever, counts many jobs: their wide rows are not read for it.
CREATE INDEX jobs_spent ON jobs (guild_id, created_at, author_id, operation, held_milli, id);
