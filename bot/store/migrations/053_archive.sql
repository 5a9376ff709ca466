-- What is left of jobs that ended long ago (`cannon-bot archive move`, docs/decisions/0090-months-that-are-over.md): of each
-- what it was, when, and for how many credits, without a word of it; and its lines of the ledger. What they add up to stays
-- in the running totals, and is kept apart for the daily comparison, so that a month's rows can go.
CREATE TABLE archived_jobs (
    -- Of UTC, in which it was accepted: '2026-01'.
    month TEXT NOT NULL CHECK (length(month) = 7),
    id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    model TEXT,
    state TEXT NOT NULL CHECK (state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')),
    key_id INTEGER,
    practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
    held_milli INTEGER NOT NULL,
    cost_milli INTEGER,
    remote_id TEXT,
    created_at REAL NOT NULL,
    finished_at REAL,
    PRIMARY KEY (id, month)
) STRICT;
CREATE INDEX archived_jobs_member ON archived_jobs (guild_id, author_id);

CREATE TABLE archived_ledger (
    -- Of its job.
    month TEXT NOT NULL CHECK (length(month) = 7),
    id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'release', 'adjust')),
    credits_milli INTEGER NOT NULL,
    at REAL NOT NULL,
    practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
    PRIMARY KEY (id, month),
    UNIQUE (job_id, kind, month)
) STRICT;
CREATE INDEX archived_ledger_member ON archived_ledger (guild_id, member_id);

-- What all of them have added to `running_totals` and `ledger_totals`, those of months that are gone included.
CREATE TABLE archived_running_totals (
    guild_id INTEGER NOT NULL CHECK (guild_id >= 0),
    practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
    member_id INTEGER NOT NULL,
    since INTEGER NOT NULL CHECK (since % 3600 = 0),
    operation TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    parent_channel_id INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    charged_milli INTEGER NOT NULL,
    drawn_milli INTEGER NOT NULL,
    spent_milli INTEGER NOT NULL,
    paid_jobs INTEGER NOT NULL,
    PRIMARY KEY (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX archived_running_totals_since ON archived_running_totals (guild_id, since);
CREATE TABLE archived_ledger_totals (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
    kind TEXT NOT NULL,
    credits_milli INTEGER NOT NULL,
    PRIMARY KEY (guild_id, key_id, practice, kind)
) STRICT, WITHOUT ROWID;

-- What a grant has paid for jobs that are archived: their rows of `draws` are gone.
ALTER TABLE grants ADD COLUMN archived_milli INTEGER NOT NULL DEFAULT 0 CHECK (archived_milli >= 0);

-- A line leaves the ledger only if the archive has it.
DROP TRIGGER ledger_never_deletes;
CREATE TRIGGER ledger_never_deletes BEFORE DELETE ON ledger
WHEN NOT EXISTS (
    SELECT 1 FROM archived_ledger AS kept
    WHERE kept.id = OLD.id AND +kept.guild_id = OLD.guild_id AND +kept.job_id = OLD.job_id AND kept.kind = OLD.kind
        AND kept.credits_milli = OLD.credits_milli AND kept.practice = OLD.practice
)
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- Each row with its job.
DROP VIEW true_totals;
DROP VIEW totalled_lines;
CREATE VIEW totalled_lines AS
SELECT
    bookings.id, bookings.job_id, bookings.guild_id, bookings.practice, member_id, at, operation, channel_id, parent_channel_id,
    category_id, 0 AS on_host_key, 0 AS charged_milli, 0 AS drawn_milli, spent_milli, paid_jobs
FROM bookings LEFT JOIN jobs ON jobs.id = bookings.job_id LEFT JOIN cards ON cards.id = jobs.card_id;
CREATE VIEW true_totals AS
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END AS member_id,
    CAST(at AS INTEGER) / span * span AS since,
    CASE in_detail WHEN 1 THEN operation ELSE '' END AS operation,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END AS channel_id,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END AS parent_channel_id,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END AS category_id,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs, job_id
FROM totalled_jobs
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
UNION ALL
SELECT
    0, 0, CASE of_member WHEN 1 THEN guild_id ELSE 0 END, CAST(at AS INTEGER) / span * span, '', 0, 0, 0,
    at, charged_milli, 0, 0, 0, job_id
FROM job_charges CROSS JOIN (SELECT 0 AS of_member, 3600 AS span UNION ALL SELECT 1, 86400) AS counted
WHERE key_id IS NULL
UNION ALL
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END, CAST(at AS INTEGER) / span * span,
    CASE in_detail WHEN 1 THEN operation ELSE '' END,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs, job_id
FROM totalled_lines
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
WHERE in_detail = 0 OR operation IS NOT NULL;
