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

-- Sizes in bytes and hashes (SHA-256) of the files of posted results, by which one is recognized in another message.
CREATE TABLE made_files (
    guild_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    job_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (guild_id, size, sha256, job_id)
);
CREATE INDEX made_files_job ON made_files (job_id);

-- Whether the gallery shows every public result, whatever its stars.
ALTER TABLE reaction_settings ADD COLUMN gallery_all BIGINT NOT NULL DEFAULT 0 CHECK (gallery_all IN (0, 1));
