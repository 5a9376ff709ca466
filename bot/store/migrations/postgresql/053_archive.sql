-- What is left of jobs that ended long ago (`cannon-bot archive move`, docs/decisions/0090-months-that-are-over.md): of each
-- what it was, when, and for how many credits, without a word of it; and its lines of the ledger. What they add up to stays
-- in the running totals, and is kept apart for the daily comparison, so that a month's rows can go.
-- Each month has a partition of its own, which is made when its first job is archived.
CREATE TABLE archived_jobs (
    -- Of UTC, in which it was accepted: '2026-01'.
    month TEXT COLLATE "C" NOT NULL CHECK (length(month) = 7),
    id TEXT COLLATE "C" NOT NULL,
    guild_id BIGINT NOT NULL,
    author_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')),
    key_id BIGINT,
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    held_milli BIGINT NOT NULL,
    cost_milli BIGINT,
    remote_id TEXT COLLATE "C",
    created_at DOUBLE PRECISION NOT NULL,
    finished_at DOUBLE PRECISION,
    PRIMARY KEY (id, month)
) PARTITION BY LIST (month);
CREATE INDEX archived_jobs_member ON archived_jobs (guild_id, author_id);

CREATE TABLE archived_ledger (
    -- Of its job.
    month TEXT COLLATE "C" NOT NULL CHECK (length(month) = 7),
    id BIGINT NOT NULL,
    guild_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    job_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('hold', 'settle', 'release', 'adjust')),
    credits_milli BIGINT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    PRIMARY KEY (id, month),
    UNIQUE (job_id, kind, month)
) PARTITION BY LIST (month);
CREATE INDEX archived_ledger_member ON archived_ledger (guild_id, member_id);

-- What all of them have added to `running_totals` and `ledger_totals`, those of months that are gone included.
CREATE TABLE archived_running_totals (
    guild_id BIGINT NOT NULL CHECK (guild_id >= 0),
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    member_id BIGINT NOT NULL,
    since BIGINT NOT NULL CHECK (since % 3600 = 0),
    operation TEXT COLLATE "C" NOT NULL,
    channel_id BIGINT NOT NULL,
    parent_channel_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    charged_milli BIGINT NOT NULL,
    drawn_milli BIGINT NOT NULL,
    spent_milli BIGINT NOT NULL,
    paid_jobs BIGINT NOT NULL,
    PRIMARY KEY (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
);
CREATE INDEX archived_running_totals_since ON archived_running_totals (guild_id, since);
CREATE TABLE archived_ledger_totals (
    guild_id BIGINT NOT NULL CHECK (guild_id > 0),
    key_id BIGINT NOT NULL,
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    kind TEXT COLLATE "C" NOT NULL,
    credits_milli BIGINT NOT NULL,
    PRIMARY KEY (guild_id, key_id, practice, kind)
);

-- What a grant has paid for jobs that are archived: their rows of `draws` are gone.
ALTER TABLE grants ADD COLUMN archived_milli BIGINT NOT NULL DEFAULT 0 CHECK (archived_milli >= 0);

CREATE FUNCTION make_archive_month(month TEXT) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    of TEXT;
BEGIN
    FOREACH of IN ARRAY ARRAY['archived_jobs', 'archived_ledger'] LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES IN (%L)', of || '_' || replace(month, '-', '_'), of, month
        );
    END LOOP;
END
$$;

-- Makes tables of their own of a month's partitions, and returns the names that they have from then on.
CREATE FUNCTION detach_archive_month(month TEXT) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    of TEXT;
    suffix TEXT := replace(month, '-', '_');
    again BIGINT := 1;
    made TEXT[];
BEGIN
    WHILE to_regclass(format('detached_jobs_%s', suffix)) IS NOT NULL LOOP
        again := again + 1;
        suffix := replace(month, '-', '_') || '_' || again;
    END LOOP;
    FOREACH of IN ARRAY ARRAY['jobs', 'ledger'] LOOP
        EXECUTE format(
            'ALTER TABLE %I DETACH PARTITION %I', 'archived_' || of, 'archived_' || of || '_' || replace(month, '-', '_')
        );
        EXECUTE format(
            'ALTER TABLE %I RENAME TO %I', 'archived_' || of || '_' || replace(month, '-', '_'), 'detached_' || of || '_' || suffix
        );
        made := made || ('detached_' || of || '_' || suffix);
    END LOOP;
    RETURN made;
END
$$;

-- A line leaves the ledger only if the archive has it.
DROP TRIGGER ledger_never_deletes ON ledger;
CREATE FUNCTION refuse_unless_archived() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM archived_ledger AS kept
        WHERE kept.id = OLD.id AND kept.guild_id = OLD.guild_id AND kept.job_id = OLD.job_id AND kept.kind = OLD.kind
            AND kept.credits_milli = OLD.credits_milli AND kept.practice = OLD.practice
    ) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'the ledger is append-only';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER ledger_never_deletes BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse_unless_archived();

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
    floor(at)::BIGINT / span * span AS since,
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
    0, 0, CASE of_member WHEN 1 THEN guild_id ELSE 0 END, floor(at)::BIGINT / span * span, '' COLLATE "C", 0, 0, 0,
    at, charged_milli, 0, 0, 0, job_id
FROM job_charges CROSS JOIN (SELECT 0 AS of_member, 3600 AS span UNION ALL SELECT 1, 86400) AS counted
WHERE key_id IS NULL
UNION ALL
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END, floor(at)::BIGINT / span * span,
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
