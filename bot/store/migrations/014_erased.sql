-- When what a job said was erased (Unix seconds): its input, its output, its links and its error; NULL: it is kept.
ALTER TABLE jobs ADD COLUMN erased_at REAL;
UPDATE jobs SET erased_at = coalesce(finished_at, created_at)
    WHERE input = '{}' AND fill = '{}'
    AND state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held');
-- Earlier versions kept the model, which may be any text: what only its author has used goes.
UPDATE jobs SET model = NULL
    WHERE erased_at IS NOT NULL AND model IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM jobs AS other WHERE other.operation = jobs.operation AND other.model = jobs.model
        AND other.state IN ('delivered', 'held') AND other.author_id <> jobs.author_id);
-- Ended jobs whose contents are kept, by when they ended.
CREATE INDEX jobs_kept ON jobs (guild_id, coalesce(finished_at, created_at))
    WHERE erased_at IS NULL AND state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held');
-- What a guild spends on the host's key in a month.
CREATE INDEX jobs_host_key ON jobs (guild_id, created_at) WHERE key_id IS NULL;
-- From when on a copy is to be deleted (Unix seconds), because what it shows was erased; NULL: it stays.
ALTER TABLE copies ADD COLUMN delete_at REAL;
CREATE INDEX copies_to_delete ON copies (delete_at) WHERE delete_at IS NOT NULL;
-- When all contents of an absent guild were erased; NULL: not yet.
ALTER TABLE absent_guilds ADD COLUMN purged_at REAL;
-- The record of a guild that has removed the bot goes with the rest of it.
DROP TRIGGER decisions_never_delete;
CREATE TRIGGER decisions_stay_with_their_guild BEFORE DELETE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM absent_guilds WHERE guild_id = OLD.guild_id)
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;
