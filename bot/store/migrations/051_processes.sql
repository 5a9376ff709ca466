-- The bot's processes: one row each from its start until an hour after its last beat. Times are Unix seconds of the
-- database's clock. `ended`: `stopped` by itself, or found `died` by the process that took over what it had.
CREATE TABLE processes (
    name TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    role TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL,
    started_at REAL NOT NULL,
    beat_at REAL NOT NULL,
    led_since REAL,
    ended TEXT CHECK (ended IN ('stopped', 'died')),
    ended_at REAL
) STRICT, WITHOUT ROWID;

-- The process of a lease, '' for one of an older version.
ALTER TABLE leases ADD COLUMN process TEXT NOT NULL DEFAULT '';
ALTER TABLE leases ADD COLUMN renewed_at REAL NOT NULL DEFAULT 0;

-- `trace` is in each log line about the job, from the command to the post. `claimed_by` is the process that has followed
-- it since `claimed_at`, or did last.
ALTER TABLE jobs ADD COLUMN trace TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN claimed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN claimed_at REAL;

-- An attempt may stand for several: `times`, the first at `since`. `wait_s` is the wait that the answer asked for.
ALTER TABLE job_attempts ADD COLUMN process TEXT NOT NULL DEFAULT '';
ALTER TABLE job_attempts ADD COLUMN since REAL;
ALTER TABLE job_attempts ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
ALTER TABLE job_attempts ADD COLUMN wait_s REAL;
