-- The bot's processes: one row each from its start until an hour after its last beat. Times are Unix seconds of the
-- database's clock. `ended`: `stopped` by itself, or found `died` by the process that took over what it had.
CREATE TABLE processes (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    host TEXT COLLATE "C" NOT NULL,
    pid BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    revision TEXT COLLATE "C" NOT NULL,
    started_at DOUBLE PRECISION NOT NULL,
    beat_at DOUBLE PRECISION NOT NULL,
    led_since DOUBLE PRECISION,
    ended TEXT COLLATE "C" CHECK (ended IN ('stopped', 'died')),
    ended_at DOUBLE PRECISION
);

-- The process of a lease, '' for one of an older version.
ALTER TABLE leases ADD COLUMN process TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE leases ADD COLUMN renewed_at DOUBLE PRECISION NOT NULL DEFAULT 0;

-- `trace` is in each log line about the job, from the command to the post. `claimed_by` is the process that has followed
-- it since `claimed_at`, or did last.
ALTER TABLE jobs ADD COLUMN trace TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN claimed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN claimed_at DOUBLE PRECISION;

-- An attempt may stand for several: `times`, the first at `since`. `wait_s` is the wait that the answer asked for.
ALTER TABLE job_attempts ADD COLUMN process TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE job_attempts ADD COLUMN since DOUBLE PRECISION;
ALTER TABLE job_attempts ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
ALTER TABLE job_attempts ADD COLUMN wait_s DOUBLE PRECISION;
