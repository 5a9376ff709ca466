-- Where guilds have the best of each week posted. `last_week` is the Monday of the last week that needs nothing more.
CREATE TABLE best_of_week (
    guild_id BIGINT NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    channel_id BIGINT NOT NULL,
    last_week TEXT COLLATE "C" NOT NULL,
    due_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX best_of_week_due ON best_of_week (due_at);

-- The stars that a guild's results got in a time.
CREATE INDEX reaction_acts_by_time ON reaction_acts (guild_id, action, at);

-- Whether the gallery shows every public result, whatever its stars.
ALTER TABLE reaction_settings ADD COLUMN gallery_all BIGINT NOT NULL DEFAULT 0 CHECK (gallery_all IN (0, 1));
