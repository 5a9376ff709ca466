-- A job may wait for another's result: `after_id` names it, `fill` says which input field takes which output key.
ALTER TABLE jobs ADD COLUMN after_id TEXT;
ALTER TABLE jobs ADD COLUMN fill TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fill));
CREATE INDEX jobs_after ON jobs (after_id) WHERE after_id IS NOT NULL AND state = 'waiting';
CREATE INDEX jobs_results ON jobs (guild_id, created_at) WHERE state = 'delivered';

-- Operations that are not to be used: for one server, or (guild 0) for the whole bot.
CREATE TABLE switched_off (
    guild_id INTEGER NOT NULL CHECK (guild_id >= 0),
    operation TEXT NOT NULL,
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, operation)
) STRICT, WITHOUT ROWID;
