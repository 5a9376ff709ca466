-- A server that practises has a practice key as its active one; what is paid with it is apart from true spending.
ALTER TABLE guild_keys ADD COLUMN practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1));
ALTER TABLE jobs ADD COLUMN practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1));
ALTER TABLE ledger ADD COLUMN practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1));
ALTER TABLE grants ADD COLUMN practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1));

DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli, overdue_at, waits_for, raised_milli, practice)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
DROP INDEX jobs_spent;
CREATE INDEX jobs_spent ON jobs (guild_id, created_at, author_id, operation, held_milli, raised_milli, id, practice);
DROP INDEX ledger_kind;
CREATE INDEX ledger_kind ON ledger (guild_id, kind, practice, at, credits_milli);
-- Those that end with the practice, or with the practice process.
CREATE INDEX jobs_practice ON jobs (guild_id) WHERE practice = 1
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');

-- Whether the file of a held result can never be posted; and when its author asked for the credits, when they got them.
ALTER TABLE jobs ADD COLUMN unusable INTEGER NOT NULL DEFAULT 0 CHECK (unusable IN (0, 1));
ALTER TABLE jobs ADD COLUMN refund_asked_at REAL;
ALTER TABLE jobs ADD COLUMN refund_granted_at REAL;
