-- What runs by itself in a server, in a moderator's name. `data` is JSON: recipe or operation, its values, when, the price that
-- was confirmed. `next_at` is NULL while it is paused, and once it has run for the last time.
CREATE TABLE schedules (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    channel_id INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    limit_milli INTEGER NOT NULL,
    next_at REAL,
    reason TEXT NOT NULL DEFAULT '',
    is_paused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- Which card is which run: for the monthly limit, and to repeat a run whose card never reached Discord.
CREATE TABLE schedule_runs (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    schedule_id TEXT NOT NULL,
    due_at REAL NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, card_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_runs_of ON schedule_runs (guild_id, schedule_id, at);
