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

-- Written by the triggers below, and after rows were copied past them.
CREATE FUNCTION fill_running_jobs() RETURNS void LANGUAGE sql AS $$
    DELETE FROM running_jobs;
    INSERT INTO running_jobs (id, card_id, lease, next_at)
    SELECT id, card_id, lease, next_at FROM jobs WHERE state IN ('submitting', 'queued', 'processing', 'ready');
$$;
SELECT fill_running_jobs();

DROP INDEX jobs_free;
DROP INDEX jobs_lease;
CREATE INDEX jobs_free ON running_jobs (next_at) WHERE lease IS NULL;
CREATE INDEX jobs_lease ON running_jobs (lease) WHERE lease IS NOT NULL;
-- Half of each page is room for new versions of its rows: with less, those of one transaction that claims many do not fit.
ALTER TABLE jobs SET (fillfactor = 50);

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
