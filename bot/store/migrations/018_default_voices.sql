-- The voice that a member's narrations get on a server if none is named.
CREATE TABLE voice_defaults (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    member_id INTEGER NOT NULL,
    voice_id TEXT NOT NULL,
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;

-- The job that is the sample of a voice, paid once for each account. `key_id` is 0 for the host's key.
CREATE TABLE voice_samples (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    voice_id TEXT NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (guild_id, key_id, voice_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_samples_jobs ON voice_samples (job_id);
