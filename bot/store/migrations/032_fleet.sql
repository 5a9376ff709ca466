-- What the processes of a fleet share; a bot of one process leaves these empty. All times are Unix seconds of the
-- database's clock.

-- The processes that hold shards, each for itself: whose row has expired has lost its shards to whoever wants them.
CREATE TABLE gateways (
    process TEXT PRIMARY KEY,
    joined_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shards (
    id INTEGER PRIMARY KEY,
    process TEXT NOT NULL REFERENCES gateways (process) ON DELETE CASCADE
) STRICT;
CREATE INDEX shards_by_process ON shards (process);

-- When a shard identified, or will: `at` is reserved a few seconds before. Those of a day.
CREATE TABLE identifies (
    id INTEGER PRIMARY KEY,
    shard_id INTEGER NOT NULL,
    at REAL NOT NULL
) STRICT;
CREATE INDEX identifies_by_time ON identifies (at);

-- Which part of a budget of calls a process has: `calls` in a window until `expires_at`. What it had before, `had`, may
-- be in use until `had_until`: nobody else gets it before.
CREATE TABLE rents (
    budget TEXT NOT NULL,
    process TEXT NOT NULL,
    wanted REAL NOT NULL,
    calls INTEGER NOT NULL,
    had INTEGER NOT NULL,
    had_until REAL NOT NULL,
    expires_at REAL NOT NULL,
    PRIMARY KEY (budget, process)
) STRICT, WITHOUT ROWID;
