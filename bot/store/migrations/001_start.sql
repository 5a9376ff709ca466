-- Credits are whole thousandths (`_milli`), times are Unix seconds, ids of Discord are its snowflakes.
-- Parents are named together with their guild, so that no row can lean on a row of another guild.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A key is retired when another takes its place; its secret goes once no open job needs it. The row stays:
-- jobs name it for ever. AUTOINCREMENT: an id is never given twice.
CREATE TABLE guild_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    secret BLOB,
    last4 TEXT NOT NULL CHECK (length(last4) <= 4),
    set_by INTEGER NOT NULL,
    set_at REAL NOT NULL,
    plan TEXT,
    scopes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(scopes)),
    balance_milli INTEGER,
    balance_at REAL,
    refused_at REAL,
    retired_at REAL,
    UNIQUE (guild_id, id),
    CHECK (secret IS NOT NULL OR retired_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX guild_keys_active ON guild_keys (guild_id) WHERE retired_at IS NULL;

-- `token` is sealed. `dropped_at`: the answer never reached Discord, its jobs were given up.
CREATE TABLE cards (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 25),
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    interaction_id INTEGER,
    token BLOB,
    token_expires_at REAL NOT NULL,
    message_id INTEGER,
    message_channel_id INTEGER,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    answered INTEGER NOT NULL CHECK (answered IN (0, 1)),
    dropped_at REAL,
    locale TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (guild_id, id),
    UNIQUE (guild_id, interaction_id)
) STRICT;
CREATE INDEX cards_unanswered ON cards (created_at) WHERE answered = 0 AND dropped_at IS NULL;
CREATE INDEX cards_token ON cards (token_expires_at) WHERE token IS NOT NULL;

-- One row for each running process, renewed by its heartbeat: a poll that changes nothing writes nothing.
CREATE TABLE leases (
    token TEXT NOT NULL PRIMARY KEY,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_expiry ON leases (expires_at);

-- `parent_id` names no parent row: the parent may be cleared away while the child stays.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 25),
    card_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    author_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    model TEXT,
    input TEXT NOT NULL CHECK (json_valid(input)),
    state TEXT NOT NULL CHECK (state IN (
        'awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready',
        'delivered', 'failed', 'cancelled', 'refused', 'expired', 'held'
    )),
    idempotency_key TEXT NOT NULL UNIQUE,
    key_id INTEGER,
    held_milli INTEGER NOT NULL CHECK (held_milli BETWEEN 0 AND 999999999999),
    basis TEXT NOT NULL,
    cost_milli INTEGER CHECK (cost_milli BETWEEN 0 AND 999999999999),
    remote_id TEXT,
    lease TEXT REFERENCES leases (token),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    first_attempt_at REAL,
    next_at REAL NOT NULL,
    created_at REAL NOT NULL,
    submitted_at REAL,
    started_at REAL,
    finished_at REAL,
    delivered_at REAL,
    message_id INTEGER,
    output TEXT NOT NULL CHECK (json_valid(output)),
    media TEXT NOT NULL CHECK (json_valid(media)),
    error TEXT,
    parent_id TEXT,
    UNIQUE (guild_id, id),
    UNIQUE (card_id, position),
    FOREIGN KEY (guild_id, card_id) REFERENCES cards (guild_id, id),
    FOREIGN KEY (guild_id, key_id) REFERENCES guild_keys (guild_id, id),
    -- Only a running job is somebody's.
    CHECK (lease IS NULL OR state IN ('submitting', 'queued', 'processing', 'ready'))
) STRICT;
CREATE INDEX jobs_free ON jobs (next_at)
    WHERE lease IS NULL AND state IN ('submitting', 'queued', 'processing', 'ready');
CREATE INDEX jobs_lease ON jobs (lease) WHERE lease IS NOT NULL;
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
CREATE INDEX jobs_state ON jobs (guild_id, state);
CREATE INDEX jobs_recent ON jobs (guild_id, created_at);
CREATE INDEX jobs_member ON jobs (guild_id, author_id, created_at);
CREATE INDEX jobs_key ON jobs (guild_id, key_id) WHERE key_id IS NOT NULL;
CREATE INDEX jobs_paid ON jobs (operation, model, created_at) WHERE state IN ('delivered', 'held');

CREATE TRIGGER jobs_identity_stays BEFORE UPDATE OF id, guild_id, card_id, held_milli, idempotency_key ON jobs
BEGIN
    SELECT RAISE(ABORT, 'what a job is and what it holds never changes');
END;

CREATE TRIGGER jobs_end_closes_hold BEFORE UPDATE OF state ON jobs
WHEN NEW.state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')
    AND NOT EXISTS (SELECT 1 FROM ledger WHERE job_id = NEW.id AND kind IN ('settle', 'release'))
BEGIN
    SELECT RAISE(ABORT, 'a job may not end while its hold is open');
END;

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    job_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'release', 'grant', 'adjust')),
    credits_milli INTEGER NOT NULL CHECK (credits_milli BETWEEN -999999999999 AND 999999999999),
    at REAL NOT NULL,
    UNIQUE (job_id, kind),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id),
    CHECK (credits_milli >= 0 OR kind = 'adjust'),
    CHECK (job_id IS NOT NULL OR kind IN ('grant', 'adjust'))
) STRICT;
CREATE INDEX ledger_recent ON ledger (guild_id, at);
CREATE INDEX ledger_kind ON ledger (guild_id, kind, at, credits_milli);
CREATE UNIQUE INDEX ledger_closes_once ON ledger (job_id) WHERE kind IN ('settle', 'release');

CREATE TRIGGER ledger_never_updates BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_never_deletes BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- INSERT OR REPLACE deletes without firing a delete trigger, so an existing row is looked for first.
CREATE TRIGGER ledger_never_replaces BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM ledger WHERE job_id = NEW.job_id AND kind = NEW.kind)
    OR (NEW.kind IN ('settle', 'release')
        AND EXISTS (SELECT 1 FROM ledger WHERE job_id = NEW.job_id AND kind IN ('settle', 'release')))
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only: a job is held once, and settled or released once');
END;

CREATE TRIGGER ledger_holds_what_the_job_says BEFORE INSERT ON ledger
WHEN NEW.kind = 'hold'
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = NEW.job_id AND held_milli = NEW.credits_milli)
BEGIN
    SELECT RAISE(ABORT, 'a hold is what the job holds');
END;

CREATE TRIGGER ledger_closes_a_hold BEFORE INSERT ON ledger
WHEN NEW.kind IN ('settle', 'release')
    AND NOT EXISTS (
        SELECT 1 FROM ledger
        WHERE job_id = NEW.job_id AND kind = 'hold'
            AND (NEW.kind = 'settle' OR credits_milli = NEW.credits_milli)
    )
BEGIN
    SELECT RAISE(ABORT, 'only what was held is settled, and a release gives back all of it');
END;

-- `data` is what bot/jobs/cadence.py keeps of how long this kind of job took; model '' stands for none.
CREATE TABLE histograms (
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (operation, model)
) STRICT, WITHOUT ROWID;
