-- Seconds of monotonic time, summed over restarts: that the API was seen to work on it; that it denied the job in a row;
-- that no key worked for it.
ALTER TABLE jobs ADD COLUMN active_s REAL NOT NULL DEFAULT 0 CHECK (active_s >= 0);
ALTER TABLE jobs ADD COLUMN denied_s REAL NOT NULL DEFAULT 0 CHECK (denied_s >= 0);
ALTER TABLE jobs ADD COLUMN blocked_s REAL NOT NULL DEFAULT 0 CHECK (blocked_s >= 0);
-- How long the wait until `next_at` was meant to be: a clock that was set back must not make it longer.
ALTER TABLE jobs ADD COLUMN wait_s REAL NOT NULL DEFAULT 0 CHECK (wait_s >= 0);
-- Since when it is followed slowly, and how many slow polls there were.
ALTER TABLE jobs ADD COLUMN overdue_at REAL;
ALTER TABLE jobs ADD COLUMN slow_polls INTEGER NOT NULL DEFAULT 0 CHECK (slow_polls >= 0);
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli, overdue_at)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
-- Whether a create was begun whose outcome is not known: then no other key may send it.
ALTER TABLE jobs ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1));
-- Where the key was refused at the only attempt, that attempt was refused for certain.
UPDATE jobs SET in_doubt = 1 WHERE state = 'submitting' AND attempts > 0 AND NOT (
    attempts = 1 AND key_id IN (SELECT id FROM guild_keys WHERE refused_at IS NOT NULL)
);
-- The idempotency key of the unconfirmed job that this one repeats; NULL: its own is sent.
ALTER TABLE jobs ADD COLUMN repeats_key TEXT;
CREATE UNIQUE INDEX jobs_repeat_once ON jobs (repeats_key)
    WHERE repeats_key IS NOT NULL AND state NOT IN ('failed', 'expired', 'cancelled', 'refused');
-- An ended job whose request may still succeed: when it is polled next; NULL: never again.
ALTER TABLE jobs ADD COLUMN recheck_at REAL;
ALTER TABLE jobs ADD COLUMN rechecks INTEGER NOT NULL DEFAULT 0 CHECK (rechecks >= 0);
CREATE INDEX jobs_recheck ON jobs (recheck_at) WHERE recheck_at IS NOT NULL;
UPDATE jobs SET recheck_at = finished_at
    WHERE state IN ('failed', 'expired') AND remote_id IS NOT NULL AND finished_at > unixepoch() - 7 * 86400;

-- When a refused key is tried again by the status call, and how often that was done.
ALTER TABLE guild_keys ADD COLUMN probe_at REAL;
ALTER TABLE guild_keys ADD COLUMN probes INTEGER NOT NULL DEFAULT 0 CHECK (probes >= 0);
UPDATE guild_keys SET probe_at = 0 WHERE refused_at IS NOT NULL;
CREATE INDEX guild_keys_refused ON guild_keys (guild_id) WHERE refused_at IS NOT NULL AND secret IS NOT NULL;

-- The host's key was refused to this guild's jobs.
CREATE TABLE host_key_refusals (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    refused_at REAL NOT NULL,
    probe_at REAL NOT NULL,
    probes INTEGER NOT NULL DEFAULT 0 CHECK (probes >= 0)
) STRICT;

-- A key's account as it was last compared with the books. `difference_milli`: charged there beyond what is settled here;
-- `settled_milli`: of that, what was found by the time that the four figures are of; `reported_milli`: what was told.
CREATE TABLE account_checks (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    at REAL NOT NULL,
    balance_milli INTEGER NOT NULL,
    known_milli INTEGER NOT NULL,
    adjusted_milli INTEGER NOT NULL,
    open_milli INTEGER NOT NULL,
    settled_milli INTEGER NOT NULL DEFAULT 0,
    difference_milli INTEGER NOT NULL DEFAULT 0,
    reported_milli INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (guild_id, key_id),
    FOREIGN KEY (guild_id, key_id) REFERENCES guild_keys (guild_id, id)
) STRICT;
