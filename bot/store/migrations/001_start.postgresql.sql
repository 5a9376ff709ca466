-- What only PostgreSQL says so, beside 001_start.sql.

-- COLLATE "C": texts are compared by their bytes, as SQLite does, in a database of any locale; and no update of the
-- system's collations can break an index.

-- The database's signature: every idempotency key begins with it, and daily backups are named with it.
INSERT INTO meta (name, value) VALUES ('signature', upper(left(replace(gen_random_uuid()::text, '-', ''), 6)));

-- SQLite's NOCASE, which is of ASCII.
CREATE UNIQUE INDEX presets_in_any_case ON presets (guild_id, member_id, lower(name));

-- The jobs that a process follows, or that are free for one; on SQLite a view over two indexes of `jobs`.
--
-- PostgreSQL writes a new version of a row into every index of its table, unless no index has a column that changes: then
-- the version stays on the row's page, and no index knows of it ("heap-only tuples"). A claim changes the lease and a poll
-- the time of the next one, so no index of `jobs` may have these.
-- https://www.postgresql.org/docs/current/storage-hot.html
CREATE TABLE running_jobs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    card_id TEXT COLLATE "C" NOT NULL,
    lease TEXT COLLATE "C",
    -- As of when the job became free; of one that is followed it is not kept.
    next_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX jobs_free ON running_jobs (next_at) WHERE lease IS NULL;
CREATE INDEX jobs_lease ON running_jobs (lease) WHERE lease IS NOT NULL;
-- Half of each page is room for new versions of its rows: with less, those of one transaction that claims many do not fit.
ALTER TABLE jobs SET (fillfactor = 50);

-- What a trigger refuses: its argument says why.
CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = TG_ARGV[0];
END
$$;
CREATE TRIGGER jobs_identity_stays BEFORE UPDATE OF id, guild_id, card_id, held_milli, idempotency_key ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse('what a job is and what it holds never changes');

CREATE FUNCTION refuse_end_with_open_hold() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger WHERE job_id = NEW.id AND kind IN ('settle', 'release')) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a job may not end while its hold is open';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER jobs_end_closes_hold BEFORE UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held'))
    EXECUTE FUNCTION refuse_end_with_open_hold();
-- SQLite has no TRUNCATE, which fires no trigger of rows.
CREATE TRIGGER ledger_never_truncates BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the ledger is append-only');

-- The unique indexes refuse it too, unless the statement says ON CONFLICT DO NOTHING.
CREATE FUNCTION refuse_second_booking() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger WHERE id = NEW.id)
        OR EXISTS (SELECT FROM ledger WHERE job_id = NEW.job_id AND kind = NEW.kind)
        OR NEW.kind IN ('settle', 'release')
        AND EXISTS (SELECT FROM ledger WHERE job_id = NEW.job_id AND kind IN ('settle', 'release'))
    THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'the ledger is append-only: a job is held once, and settled or released once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_never_replaces BEFORE INSERT ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse_second_booking();

CREATE FUNCTION refuse_other_hold() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM jobs WHERE id = NEW.job_id AND held_milli = NEW.credits_milli) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a hold is what the job holds';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_holds_what_the_job_says BEFORE INSERT ON ledger
    FOR EACH ROW WHEN (NEW.kind = 'hold') EXECUTE FUNCTION refuse_other_hold();

CREATE FUNCTION refuse_close_without_hold() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM ledger
        WHERE job_id = NEW.job_id AND kind = 'hold'
            AND (NEW.kind = 'settle' OR credits_milli = NEW.credits_milli)
    ) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'only what was held is settled, and a release gives back all of it';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_closes_a_hold BEFORE INSERT ON ledger
    FOR EACH ROW WHEN (NEW.kind IN ('settle', 'release')) EXECUTE FUNCTION refuse_close_without_hold();

-- JSON may have what PostgreSQL refuses in a text, NUL and halves of a pair of surrogates: they are replaced.
CREATE FUNCTION read_json(written TEXT) RETURNS JSONB LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN written::jsonb;
EXCEPTION WHEN data_exception THEN
    RETURN regexp_replace(
        written,
        '\\u0000|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]..', '\\ufffd', 'g'
    )::jsonb;
END
$$;

CREATE FUNCTION words_of(input TEXT) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    given JSONB := read_json(input);
BEGIN
    RETURN coalesce(given ->> 'prompt', given ->> 'text', given ->> 'description', '');
END
$$;
CREATE TRIGGER decisions_never_truncate BEFORE TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('decisions are append-only');

CREATE FUNCTION refuse_second_decision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM decisions WHERE id = NEW.id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'decisions are append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decisions_never_replace BEFORE INSERT ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_second_decision();

-- The record of a guild that has removed the bot goes with the rest of it.
CREATE FUNCTION refuse_deletion_of_decision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM absent_guilds WHERE guild_id = OLD.guild_id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'decisions are append-only';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER decisions_stay_with_their_guild BEFORE DELETE ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_deletion_of_decision();

-- Written by the triggers below, and after rows were copied past them.
CREATE FUNCTION fill_running_jobs() RETURNS void LANGUAGE sql AS $$
    DELETE FROM running_jobs;
    INSERT INTO running_jobs (id, card_id, lease, next_at)
    SELECT id, card_id, lease, next_at FROM jobs WHERE state IN ('submitting', 'queued', 'processing', 'ready');
$$;

CREATE FUNCTION keep_running_job() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('submitting', 'queued', 'processing', 'ready') THEN
        DELETE FROM running_jobs WHERE id = NEW.id;
    ELSE
        UPDATE running_jobs SET lease = NEW.lease, next_at = NEW.next_at WHERE id = NEW.id;
        IF NOT FOUND THEN
            INSERT INTO running_jobs (id, card_id, lease, next_at)
            VALUES (NEW.id, NEW.card_id, NEW.lease, NEW.next_at);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_run_from_the_start AFTER INSERT ON jobs FOR EACH ROW
    WHEN (NEW.state IN ('submitting', 'queued', 'processing', 'ready'))
    EXECUTE FUNCTION keep_running_job();
CREATE TRIGGER jobs_run_on AFTER UPDATE OF state, lease, next_at ON jobs FOR EACH ROW
    WHEN (
        OLD.lease IS DISTINCT FROM NEW.lease
        OR NEW.lease IS NULL AND OLD.next_at <> NEW.next_at
        OR (OLD.state IN ('submitting', 'queued', 'processing', 'ready'))
            <> (NEW.state IN ('submitting', 'queued', 'processing', 'ready'))
    )
    EXECUTE FUNCTION keep_running_job();

CREATE FUNCTION forget_running_job() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM running_jobs WHERE id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_run_no_more AFTER DELETE ON jobs FOR EACH ROW
    WHEN (OLD.state IN ('submitting', 'queued', 'processing', 'ready'))
    EXECUTE FUNCTION forget_running_job();

CREATE FUNCTION refuse_other_booking() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.guild_id, NEW.kind, NEW.credits_milli, NEW.at, NEW.practice)
            <> (OLD.id, OLD.guild_id, OLD.kind, OLD.credits_milli, OLD.at, OLD.practice)
        OR NEW.job_id IS DISTINCT FROM OLD.job_id
        OR NOT EXISTS (
            SELECT FROM former_members
            WHERE guild_id = OLD.guild_id AND member_id = OLD.member_id AND number = NEW.member_id
        )
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'the ledger is append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_never_updates BEFORE UPDATE ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse_other_booking();

CREATE FUNCTION refuse_other_decision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.guild_id, NEW.at, NEW.kind) <> (OLD.id, OLD.guild_id, OLD.at, OLD.kind)
        OR NOT EXISTS (
            SELECT FROM former_members
            WHERE guild_id = OLD.guild_id
                AND (member_id = OLD.by_id OR strpos(OLD.text || OLD.about, member_id::text) > 0)
        )
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'decisions are append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decisions_never_update BEFORE UPDATE ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_other_decision();

-- Writes of different servers overlap (docs/decisions/0086-locks-of-a-server.md). What all of them spend on the host's key is
-- in shared rows: who changes these has the host's lock, as who decides by them has.
CREATE FUNCTION change_totals() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    an_hour BIGINT := floor(NEW.at)::BIGINT / 3600 * 3600;
    a_day BIGINT := floor(NEW.at)::BIGINT / 86400 * 86400;
BEGIN
    IF NEW.charged_milli = 0 AND NEW.drawn_milli = 0 AND NEW.spent_milli = 0 AND NEW.paid_jobs = 0 THEN
        RETURN NEW;
    END IF;
    IF NEW.on_host_key = 1 AND NEW.charged_milli <> 0 THEN
        PERFORM pg_advisory_xact_lock(206215437);
    END IF;
    INSERT INTO running_totals AS total
    SELECT NEW.guild_id, NEW.practice, of, since, '', 0, 0, 0,
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    FROM (VALUES (0::BIGINT, an_hour), (NEW.member_id, a_day)) AS counted (of, since)
    UNION ALL
    SELECT NEW.guild_id, NEW.practice, of, a_day, NEW.operation,
        coalesce(NEW.channel_id, 0), coalesce(NEW.parent_channel_id, 0), coalesce(NEW.category_id, 0),
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    FROM (VALUES (0::BIGINT), (NEW.member_id)) AS counted (of) WHERE NEW.operation IS NOT NULL
    UNION ALL
    SELECT 0, 0, of, since, '', 0, 0, 0, NEW.charged_milli, 0, 0, 0
    FROM (VALUES (0::BIGINT, an_hour), (NEW.guild_id, a_day)) AS counted (of, since)
    WHERE NEW.on_host_key = 1 AND NEW.charged_milli <> 0
    ON CONFLICT (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
    DO UPDATE SET
        charged_milli = total.charged_milli + excluded.charged_milli,
        drawn_milli = total.drawn_milli + excluded.drawn_milli,
        spent_milli = total.spent_milli + excluded.spent_milli,
        paid_jobs = total.paid_jobs + excluded.paid_jobs;
    IF NEW.charged_milli < 0 OR NEW.drawn_milli < 0 OR NEW.spent_milli < 0 OR NEW.paid_jobs < 0 THEN
        DELETE FROM running_totals
        WHERE guild_id = NEW.guild_id AND practice = NEW.practice AND member_id IN (0, NEW.member_id)
            AND since IN (an_hour, a_day) AND operation IN ('', NEW.operation)
            AND charged_milli = 0 AND drawn_milli = 0 AND spent_milli = 0 AND paid_jobs = 0;
    END IF;
    IF NEW.on_host_key = 1 AND NEW.charged_milli < 0 THEN
        DELETE FROM running_totals
        WHERE guild_id = 0 AND practice = 0 AND member_id IN (0, NEW.guild_id) AND since IN (an_hour, a_day)
            AND charged_milli = 0;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER totals_are_changed INSTEAD OF INSERT ON total_changes
    FOR EACH ROW EXECUTE FUNCTION change_totals();

CREATE FUNCTION total_new_job() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO total_changes
    SELECT
        NEW.guild_id, NEW.practice, NEW.author_id, NEW.created_at, NEW.operation, channel_id, parent_channel_id,
        category_id, CASE WHEN NEW.key_id IS NULL THEN 1 ELSE 0 END, NEW.held_milli + NEW.raised_milli, 0, 0, 0
    FROM cards WHERE id = NEW.card_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_are_totalled AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION total_new_job();

-- A change that is rare is taken out as it was, and added as it is: the argument is the sign.
CREATE FUNCTION total_job() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    changed_id TEXT := CASE TG_TABLE_NAME WHEN 'jobs' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'job_id' END;
    sign BIGINT := TG_ARGV[0];
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        sign * charged_milli, sign * drawn_milli, 0, 0
    FROM totalled_jobs WHERE job_id = changed_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER jobs_leave_totals BEFORE UPDATE OF raised_milli, created_at, author_id, key_id ON jobs FOR EACH ROW
    WHEN (OLD.raised_milli <> NEW.raised_milli OR OLD.created_at <> NEW.created_at OR OLD.author_id <> NEW.author_id
        OR OLD.key_id IS DISTINCT FROM NEW.key_id)
    EXECUTE FUNCTION total_job('-1');
CREATE TRIGGER jobs_return_to_totals AFTER UPDATE OF raised_milli, created_at, author_id, key_id ON jobs FOR EACH ROW
    WHEN (OLD.raised_milli <> NEW.raised_milli OR OLD.created_at <> NEW.created_at OR OLD.author_id <> NEW.author_id
        OR OLD.key_id IS DISTINCT FROM NEW.key_id)
    EXECUTE FUNCTION total_job('1');
CREATE TRIGGER draws_leave_totals BEFORE INSERT ON draws FOR EACH ROW EXECUTE FUNCTION total_job('-1');
CREATE TRIGGER draws_return_to_totals AFTER INSERT ON draws FOR EACH ROW EXECUTE FUNCTION total_job('1');

CREATE FUNCTION total_other_key() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_totals AS total
    SELECT guild_id, of, practice, kind, sign * credits_milli
    FROM ledger
    CROSS JOIN (VALUES (coalesce(OLD.key_id, 0), -1), (coalesce(NEW.key_id, 0), 1)) AS counted (of, sign)
    WHERE job_id = NEW.id
    ON CONFLICT (guild_id, key_id, practice, kind)
    DO UPDATE SET credits_milli = total.credits_milli + excluded.credits_milli;
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_change_keys_of_totals AFTER UPDATE OF key_id ON jobs FOR EACH ROW
    WHEN (OLD.key_id IS DISTINCT FROM NEW.key_id) EXECUTE FUNCTION total_other_key();

CREATE FUNCTION total_line() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_totals AS total VALUES (
        NEW.guild_id, coalesce((SELECT key_id FROM jobs WHERE id = NEW.job_id), 0), NEW.practice, NEW.kind,
        NEW.credits_milli
    ) ON CONFLICT (guild_id, key_id, practice, kind)
    DO UPDATE SET credits_milli = total.credits_milli + excluded.credits_milli;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_is_totalled AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION total_line();

CREATE FUNCTION total_charge_of_line() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, on_host_key,
        change, least(charged_milli, granted_milli) - least(charged_milli - change, granted_milli), 0, 0
    FROM (
        SELECT *, CASE NEW.kind WHEN 'release' THEN -held_milli WHEN 'settle' THEN NEW.credits_milli - held_milli
            ELSE NEW.credits_milli END AS change
        FROM totalled_jobs WHERE job_id = NEW.job_id
    ) AS each;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_changes_charges AFTER INSERT ON ledger FOR EACH ROW
    WHEN (NEW.kind IN ('settle', 'release', 'adjust') AND NEW.job_id IS NOT NULL)
    EXECUTE FUNCTION total_charge_of_line();

CREATE FUNCTION total_cost_of_line() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    sign BIGINT := TG_ARGV[0];
BEGIN
    INSERT INTO total_changes
    SELECT guild_id, practice, member_id, at, operation, channel_id, parent_channel_id, category_id, 0,
        0, 0, sign * spent_milli, sign * paid_jobs
    FROM totalled_lines WHERE id = NEW.id;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_is_spent AFTER INSERT ON ledger FOR EACH ROW
    WHEN (NEW.kind IN ('settle', 'adjust')) EXECUTE FUNCTION total_cost_of_line('1');
-- A pseudonym takes a member's place.
CREATE TRIGGER ledger_leaves_totals BEFORE UPDATE OF member_id ON ledger FOR EACH ROW
    WHEN (OLD.member_id <> NEW.member_id) EXECUTE FUNCTION total_cost_of_line('-1');
CREATE TRIGGER ledger_returns_to_totals AFTER UPDATE OF member_id ON ledger FOR EACH ROW
    WHEN (OLD.member_id <> NEW.member_id) EXECUTE FUNCTION total_cost_of_line('1');

CREATE FUNCTION have_job_found() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_texts (guild_id, job_id, text)
    VALUES (NEW.guild_id, NEW.id, NEW.id || ' ' || NEW.operation || ' ' || words_of(NEW.input));
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_are_found AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION have_job_found();

-- Also what erases a job's words.
CREATE FUNCTION have_job_found_by_new_words() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE job_texts
    SET text = NEW.id || ' ' || NEW.operation || ' ' || words_of(NEW.input)
    WHERE guild_id = NEW.guild_id AND job_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER jobs_are_found_by_new_words AFTER UPDATE OF input ON jobs
    FOR EACH ROW WHEN (NEW.input <> OLD.input) EXECUTE FUNCTION have_job_found_by_new_words();

CREATE TRIGGER ledger_never_deletes BEFORE DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse('the ledger is append-only');

CREATE FUNCTION refuse_key_of_another() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.practice <> NEW.practice OR (NEW.practice = 2 AND NEW.key_id IS NULL) THEN
            RAISE EXCEPTION 'a job is paid by its server or its author' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.key_id IS NOT DISTINCT FROM OLD.key_id THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.key_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM guild_keys WHERE id = NEW.key_id
        AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
    ) THEN
        RAISE EXCEPTION 'a job is paid by its server or its author' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER jobs_have_their_key BEFORE INSERT ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_key_of_another();
CREATE TRIGGER jobs_keep_their_key BEFORE UPDATE OF key_id, practice ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_key_of_another();
