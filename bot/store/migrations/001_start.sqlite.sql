-- What only SQLite says so, beside 001_start.sql.

-- The database's signature: every idempotency key begins with it, and daily backups are named with it.
INSERT INTO meta (name, value) VALUES ('signature', hex(randomblob(3)));
CREATE INDEX jobs_free ON jobs (next_at)
    WHERE lease IS NULL AND state IN ('submitting', 'queued', 'processing', 'ready');
CREATE INDEX jobs_lease ON jobs (lease) WHERE lease IS NOT NULL;

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

CREATE TRIGGER decisions_never_replace BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER decisions_stay_with_their_guild BEFORE DELETE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM absent_guilds WHERE guild_id = OLD.guild_id)
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

-- The jobs that a process follows, or that are free for one. PostgreSQL keeps them in a table of their own.
CREATE VIEW running_jobs AS
SELECT id, card_id, lease, next_at FROM jobs WHERE state IN ('submitting', 'queued', 'processing', 'ready');

CREATE TRIGGER ledger_never_updates BEFORE UPDATE ON ledger
WHEN NEW.id <> OLD.id OR NEW.guild_id <> OLD.guild_id OR NEW.job_id IS NOT OLD.job_id OR NEW.kind <> OLD.kind
    OR NEW.credits_milli <> OLD.credits_milli OR NEW.at <> OLD.at OR NEW.practice <> OLD.practice
    OR NOT EXISTS (
        SELECT 1 FROM former_members
        WHERE guild_id = OLD.guild_id AND member_id = OLD.member_id AND number = NEW.member_id
    )
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER decisions_never_update BEFORE UPDATE ON decisions
WHEN NEW.id <> OLD.id OR NEW.guild_id <> OLD.guild_id OR NEW.at <> OLD.at OR NEW.kind <> OLD.kind
    OR NOT EXISTS (
        SELECT 1 FROM former_members
        WHERE guild_id = OLD.guild_id
            AND (member_id = OLD.by_id OR instr(OLD.text || OLD.about, CAST(member_id AS TEXT)) > 0)
    )
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;

CREATE TRIGGER totals_are_changed INSTEAD OF INSERT ON total_changes
WHEN NEW.charged_milli <> 0 OR NEW.drawn_milli <> 0 OR NEW.spent_milli <> 0 OR NEW.paid_jobs <> 0
BEGIN
    INSERT INTO running_totals VALUES (
        NEW.guild_id, NEW.practice, 0, CAST(NEW.at AS INTEGER) / 3600 * 3600, '', 0, 0, 0,
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    ) ON CONFLICT DO UPDATE SET
        charged_milli = charged_milli + excluded.charged_milli, drawn_milli = drawn_milli + excluded.drawn_milli,
        spent_milli = spent_milli + excluded.spent_milli, paid_jobs = paid_jobs + excluded.paid_jobs;
    INSERT INTO running_totals VALUES (
        NEW.guild_id, NEW.practice, NEW.member_id, CAST(NEW.at AS INTEGER) / 86400 * 86400, '', 0, 0, 0,
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    ) ON CONFLICT DO UPDATE SET
        charged_milli = charged_milli + excluded.charged_milli, drawn_milli = drawn_milli + excluded.drawn_milli,
        spent_milli = spent_milli + excluded.spent_milli, paid_jobs = paid_jobs + excluded.paid_jobs;
    INSERT INTO running_totals
    SELECT
        NEW.guild_id, NEW.practice, of, CAST(NEW.at AS INTEGER) / 86400 * 86400, NEW.operation,
        coalesce(NEW.channel_id, 0), coalesce(NEW.parent_channel_id, 0), coalesce(NEW.category_id, 0),
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    FROM (SELECT 0 AS of UNION ALL SELECT NEW.member_id) AS counted WHERE NEW.operation IS NOT NULL
    ON CONFLICT DO UPDATE SET
        charged_milli = charged_milli + excluded.charged_milli, drawn_milli = drawn_milli + excluded.drawn_milli,
        spent_milli = spent_milli + excluded.spent_milli, paid_jobs = paid_jobs + excluded.paid_jobs;
    INSERT INTO running_totals
    SELECT 0, 0, of, CAST(NEW.at AS INTEGER) / span * span, '', 0, 0, 0, NEW.charged_milli, 0, 0, 0
    FROM (SELECT 0 AS of, 3600 AS span UNION ALL SELECT NEW.guild_id, 86400) AS counted
    WHERE NEW.on_host_key = 1 AND NEW.charged_milli <> 0
    ON CONFLICT DO UPDATE SET charged_milli = charged_milli + excluded.charged_milli;
    DELETE FROM running_totals
    WHERE (NEW.charged_milli < 0 OR NEW.drawn_milli < 0 OR NEW.spent_milli < 0 OR NEW.paid_jobs < 0)
        AND guild_id = NEW.guild_id AND practice = NEW.practice AND member_id IN (0, NEW.member_id)
        AND since IN (CAST(NEW.at AS INTEGER) / 3600 * 3600, CAST(NEW.at AS INTEGER) / 86400 * 86400)
        AND operation IN ('', NEW.operation)
        AND charged_milli = 0 AND drawn_milli = 0 AND spent_milli = 0 AND paid_jobs = 0;
    DELETE FROM running_totals
    WHERE NEW.on_host_key = 1 AND NEW.charged_milli < 0
        AND guild_id = 0 AND practice = 0 AND member_id IN (0, NEW.guild_id)
        AND since IN (CAST(NEW.at AS INTEGER) / 3600 * 3600, CAST(NEW.at AS INTEGER) / 86400 * 86400)
        AND charged_milli = 0;
END;

CREATE TRIGGER jobs_are_totalled AFTER INSERT ON jobs
BEGIN
    INSERT INTO total_changes
    SELECT
        NEW.guild_id, NEW.practice, NEW.author_id, NEW.created_at, NEW.operation, channel_id, parent_channel_id,
        category_id, CASE WHEN NEW.key_id IS NULL THEN 1 ELSE 0 END, NEW.held_milli + NEW.raised_milli, 0, 0, 0
    FROM cards WHERE id = NEW.card_id;
END;

-- A change that is rare is taken out as it was, and added as it is.
CREATE TRIGGER jobs_leave_totals BEFORE UPDATE OF raised_milli, created_at, author_id, key_id ON jobs
WHEN OLD.raised_milli <> NEW.raised_milli OR OLD.created_at <> NEW.created_at OR OLD.author_id <> NEW.author_id
    OR OLD.key_id IS NOT NEW.key_id
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        -charged_milli, -drawn_milli, 0, 0
    FROM totalled_jobs WHERE job_id = OLD.id;
END;

CREATE TRIGGER jobs_return_to_totals AFTER UPDATE OF raised_milli, created_at, author_id, key_id ON jobs
WHEN OLD.raised_milli <> NEW.raised_milli OR OLD.created_at <> NEW.created_at OR OLD.author_id <> NEW.author_id
    OR OLD.key_id IS NOT NEW.key_id
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        charged_milli, drawn_milli, 0, 0
    FROM totalled_jobs WHERE job_id = NEW.id;
END;

CREATE TRIGGER jobs_change_keys_of_totals AFTER UPDATE OF key_id ON jobs WHEN OLD.key_id IS NOT NEW.key_id
BEGIN
    INSERT INTO ledger_totals
    SELECT guild_id, of, practice, kind, sign * credits_milli
    FROM ledger CROSS JOIN (
        SELECT coalesce(OLD.key_id, 0) AS of, -1 AS sign UNION ALL SELECT coalesce(NEW.key_id, 0), 1
    ) AS counted
    WHERE job_id = NEW.id
    ON CONFLICT DO UPDATE SET credits_milli = credits_milli + excluded.credits_milli;
END;

CREATE TRIGGER draws_leave_totals BEFORE INSERT ON draws
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        -charged_milli, -drawn_milli, 0, 0
    FROM totalled_jobs WHERE job_id = NEW.job_id;
END;

CREATE TRIGGER draws_return_to_totals AFTER INSERT ON draws
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        charged_milli, drawn_milli, 0, 0
    FROM totalled_jobs WHERE job_id = NEW.job_id;
END;

CREATE TRIGGER ledger_is_totalled AFTER INSERT ON ledger
BEGIN
    INSERT INTO ledger_totals
    SELECT NEW.guild_id, coalesce((SELECT key_id FROM jobs WHERE id = NEW.job_id), 0), NEW.practice, NEW.kind,
        NEW.credits_milli
    WHERE true
    ON CONFLICT DO UPDATE SET credits_milli = credits_milli + excluded.credits_milli;
END;

CREATE TRIGGER ledger_changes_charges AFTER INSERT ON ledger
WHEN NEW.kind IN ('settle', 'release', 'adjust') AND NEW.job_id IS NOT NULL
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        change, min(charged_milli, granted_milli) - min(charged_milli - change, granted_milli), 0, 0
    FROM (
        SELECT *, CASE NEW.kind WHEN 'release' THEN -held_milli WHEN 'settle' THEN NEW.credits_milli - held_milli
            ELSE NEW.credits_milli END AS change
        FROM totalled_jobs WHERE job_id = NEW.job_id
    ) AS each;
END;

CREATE TRIGGER ledger_is_spent AFTER INSERT ON ledger WHEN NEW.kind IN ('settle', 'adjust')
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, 0,
        0, 0, spent_milli, paid_jobs
    FROM totalled_lines WHERE id = NEW.id;
END;

-- A pseudonym takes a member's place.
CREATE TRIGGER ledger_leaves_totals BEFORE UPDATE OF member_id ON ledger WHEN OLD.member_id <> NEW.member_id
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, 0,
        0, 0, -spent_milli, -paid_jobs
    FROM totalled_lines WHERE id = OLD.id;
END;

CREATE TRIGGER ledger_returns_to_totals AFTER UPDATE OF member_id ON ledger WHEN OLD.member_id <> NEW.member_id
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, 0,
        0, 0, spent_milli, paid_jobs
    FROM totalled_lines WHERE id = NEW.id;
END;

CREATE TRIGGER jobs_are_found AFTER INSERT ON jobs
BEGIN
    INSERT INTO job_texts (guild_id, job_id, text) VALUES (NEW.guild_id, NEW.id, NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', ''));
END;

CREATE TRIGGER jobs_are_found_by_new_words AFTER UPDATE OF input ON jobs
WHEN NEW.input <> OLD.input
BEGIN
    UPDATE job_texts SET text = NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', '')
    WHERE guild_id = NEW.guild_id AND job_id = NEW.id;
END;

CREATE TRIGGER ledger_never_deletes BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER jobs_have_their_key BEFORE INSERT ON jobs
WHEN NEW.key_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM guild_keys WHERE id = NEW.key_id
    AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
)
BEGIN
    SELECT RAISE(ABORT, 'a job is paid by its server or its author');
END;

CREATE TRIGGER jobs_keep_their_key BEFORE UPDATE OF key_id, practice ON jobs
WHEN OLD.practice <> NEW.practice OR (NEW.practice = 2 AND NEW.key_id IS NULL) OR (
    NEW.key_id IS NOT NULL AND NEW.key_id IS NOT OLD.key_id AND NOT EXISTS (
        SELECT 1 FROM guild_keys WHERE id = NEW.key_id
        AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
    )
)
BEGIN
    SELECT RAISE(ABORT, 'a job is paid by its server or its author');
END;
