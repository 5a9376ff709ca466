-- What runs by itself in a server, in a moderator's name. `data` is JSON: recipe or operation, its values, when, the price that
-- was confirmed. `next_at` is NULL while it is paused, and once it has run for the last time.
CREATE TABLE schedules (
    guild_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    data TEXT COLLATE "C" NOT NULL CHECK (data IS JSON),
    channel_id BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    limit_milli BIGINT NOT NULL,
    next_at DOUBLE PRECISION,
    reason TEXT COLLATE "C" NOT NULL DEFAULT '',
    is_paused BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (guild_id, id)
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- Which card is which run: for the monthly limit, and to repeat a run whose card never reached Discord.
CREATE TABLE schedule_runs (
    guild_id BIGINT NOT NULL,
    card_id TEXT COLLATE "C" NOT NULL,
    schedule_id TEXT COLLATE "C" NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guild_id, card_id)
);
CREATE INDEX schedule_runs_of ON schedule_runs (guild_id, schedule_id, at);
