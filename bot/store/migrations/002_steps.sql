-- A job may wait for others' results: `after_ids` names them, `fill` says which input fields are made of them.
ALTER TABLE jobs ADD COLUMN after_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(after_ids));
ALTER TABLE jobs ADD COLUMN fill TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fill));
CREATE INDEX jobs_results ON jobs (guild_id, created_at) WHERE state = 'delivered';

-- Operations that are not to be used: for one server, or (guild 0) for the whole bot.
CREATE TABLE switched_off (
    guild_id INTEGER NOT NULL CHECK (guild_id >= 0),
    operation TEXT NOT NULL,
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, operation)
) STRICT, WITHOUT ROWID;
