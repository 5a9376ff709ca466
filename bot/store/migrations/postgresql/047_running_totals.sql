-- What the ledger adds up to, so that no reader sums jobs or lines over days. Triggers keep it in the transaction that
-- changes a job, a line or a draw; the ledger stays the truth, and a daily round compares both
-- (docs/decisions/0066-running-totals.md).
--
-- A job counts in four rows: of its server (`member_id` 0) and of its member, in all (`operation` '', channels 0) and in
-- detail. The server's own row in all is of one hour, so that days of every time zone can be added up; the others are of
-- one day of UTC. `guild_id` 0 is the host's key, whose members are the servers. A row of zeros is deleted.
CREATE TABLE running_totals (
    guild_id BIGINT NOT NULL CHECK (guild_id >= 0),
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    member_id BIGINT NOT NULL,
    -- Its first second, Unix time.
    since BIGINT NOT NULL CHECK (since % 3600 = 0),
    operation TEXT COLLATE "C" NOT NULL,
    channel_id BIGINT NOT NULL,
    parent_channel_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    -- By the time of a job's acceptance: its cost, or what it holds; and the part of that which grants pay.
    charged_milli BIGINT NOT NULL,
    drawn_milli BIGINT NOT NULL,
    -- By the time of the line: what was settled or adjusted, and the jobs that were paid for the first time.
    spent_milli BIGINT NOT NULL,
    paid_jobs BIGINT NOT NULL,
    PRIMARY KEY (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
);
CREATE INDEX running_totals_members
    ON running_totals (guild_id, practice, since, member_id, charged_milli, spent_milli, paid_jobs)
    WHERE operation = '' AND member_id <> 0;

-- All lines of a kind, for ever. `key_id` 0 is the host's key, or a line without a job.
CREATE TABLE ledger_totals (
    guild_id BIGINT NOT NULL CHECK (guild_id > 0),
    key_id BIGINT NOT NULL,
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    kind TEXT COLLATE "C" NOT NULL,
    credits_milli BIGINT NOT NULL,
    PRIMARY KEY (guild_id, key_id, practice, kind)
);

-- A job's charge: its true cost once settled, nothing once released, else its hold; plus late costs.
CREATE VIEW job_charges AS
SELECT *, least(charged_milli, granted_milli) AS drawn_milli
FROM (
    SELECT
        jobs.id AS job_id, jobs.guild_id, jobs.practice, jobs.author_id AS member_id, jobs.created_at AS at,
        jobs.operation, jobs.card_id, jobs.key_id, jobs.held_milli + jobs.raised_milli AS held_milli,
        CASE closed.kind WHEN 'release' THEN 0 WHEN 'settle' THEN closed.credits_milli
            ELSE jobs.held_milli + jobs.raised_milli END + coalesce(adjusted.credits_milli, 0) AS charged_milli,
        coalesce((SELECT sum(credits_milli) FROM draws WHERE draws.job_id = jobs.id), 0)::BIGINT AS granted_milli
    FROM jobs
    LEFT JOIN ledger AS closed ON closed.job_id = jobs.id AND closed.kind IN ('settle', 'release')
    LEFT JOIN ledger AS adjusted ON adjusted.job_id = jobs.id AND adjusted.kind = 'adjust'
) AS each;

-- The lines that cost something. A job is paid for once, by the first of them.
CREATE VIEW bookings AS
SELECT
    id, guild_id, practice, member_id, at, job_id, credits_milli AS spent_milli,
    CASE WHEN kind = 'settle' THEN 1 WHEN job_id IS NULL THEN 0 WHEN EXISTS (
        SELECT 1 FROM ledger AS settled WHERE settled.job_id = ledger.job_id AND settled.kind = 'settle'
    ) THEN 0 ELSE 1 END AS paid_jobs
FROM ledger WHERE kind IN ('settle', 'adjust');

-- For the parts of days at the ends of a member's periods.
CREATE INDEX ledger_member ON ledger (guild_id, member_id, practice, at) WHERE kind IN ('settle', 'adjust');

-- What changes the totals: of a job its charge, of a line its cost.
CREATE VIEW totalled_jobs AS
SELECT
    job_charges.job_id, job_charges.guild_id, practice, member_id, at, operation, channel_id, parent_channel_id,
    category_id, CASE WHEN key_id IS NULL THEN 1 ELSE 0 END AS on_host_key, held_milli, granted_milli, charged_milli,
    drawn_milli, 0 AS spent_milli, 0 AS paid_jobs
FROM job_charges LEFT JOIN cards ON cards.id = job_charges.card_id;
CREATE VIEW totalled_lines AS
SELECT
    bookings.id, bookings.guild_id, bookings.practice, member_id, at, operation, channel_id, parent_channel_id,
    category_id, 0 AS on_host_key, 0 AS charged_milli, 0 AS drawn_milli, spent_milli, paid_jobs
FROM bookings LEFT JOIN jobs ON jobs.id = bookings.job_id LEFT JOIN cards ON cards.id = jobs.card_id;

-- What `running_totals` should be, before it is added up; `at` lies in the row's hour or day.
CREATE VIEW true_totals AS
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END AS member_id,
    floor(at)::BIGINT / span * span AS since,
    CASE in_detail WHEN 1 THEN operation ELSE '' END AS operation,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END AS channel_id,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END AS parent_channel_id,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END AS category_id,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs
FROM totalled_jobs
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
UNION ALL
SELECT
    0, 0, CASE of_member WHEN 1 THEN guild_id ELSE 0 END, floor(at)::BIGINT / span * span, '' COLLATE "C", 0, 0, 0,
    at, charged_milli, 0, 0, 0
FROM job_charges CROSS JOIN (SELECT 0 AS of_member, 3600 AS span UNION ALL SELECT 1, 86400) AS counted
WHERE key_id IS NULL
UNION ALL
SELECT
    guild_id, practice, CASE of_member WHEN 1 THEN member_id ELSE 0 END, floor(at)::BIGINT / span * span,
    CASE in_detail WHEN 1 THEN operation ELSE '' END,
    CASE in_detail WHEN 1 THEN coalesce(channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(parent_channel_id, 0) ELSE 0 END,
    CASE in_detail WHEN 1 THEN coalesce(category_id, 0) ELSE 0 END,
    at, charged_milli, drawn_milli, spent_milli, paid_jobs
FROM totalled_lines
CROSS JOIN (
    SELECT 0 AS of_member, 0 AS in_detail, 3600 AS span
    UNION ALL SELECT 0, 1, 86400 UNION ALL SELECT 1, 0, 86400 UNION ALL SELECT 1, 1, 86400
) AS counted
WHERE in_detail = 0 OR operation IS NOT NULL;

-- The next opening fills both tables, some days at a time, and says how far it is.
INSERT INTO meta (name, value) SELECT 'totals_to_fill', '' WHERE EXISTS (SELECT 1 FROM ledger);

-- Where the triggers write what changed.
CREATE VIEW total_changes AS
SELECT
    guild_id, practice, member_id, since::DOUBLE PRECISION AS at, operation, channel_id, parent_channel_id, category_id,
    0 AS on_host_key, charged_milli, drawn_milli, spent_milli, paid_jobs
FROM running_totals;
CREATE FUNCTION change_totals() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    an_hour BIGINT := floor(NEW.at)::BIGINT / 3600 * 3600;
    a_day BIGINT := floor(NEW.at)::BIGINT / 86400 * 86400;
BEGIN
    IF NEW.charged_milli = 0 AND NEW.drawn_milli = 0 AND NEW.spent_milli = 0 AND NEW.paid_jobs = 0 THEN
        RETURN NEW;
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
