-- What a job waits for that would otherwise go on by itself; NULL: nothing. With `next_at` it is what the card says.
ALTER TABLE jobs ADD COLUMN waits_for TEXT CHECK (waits_for IN ('file', 'discord', 'cannon', 'error'));
-- Seconds of monotonic time, summed over restarts, for which its posting has failed in a row.
ALTER TABLE jobs ADD COLUMN posting_failed_s REAL NOT NULL DEFAULT 0 CHECK (posting_failed_s >= 0);
-- How many of its turns in a row ended by an error of the bot.
ALTER TABLE jobs ADD COLUMN faults INTEGER NOT NULL DEFAULT 0 CHECK (faults >= 0);
-- Whether the jobs that it waited for have given their results: from then on it waits in the queue as any other.
ALTER TABLE jobs ADD COLUMN after_done INTEGER NOT NULL DEFAULT 0 CHECK (after_done IN (0, 1));
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli, overdue_at, waits_for)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');

-- Whether a reaction came before the card that it is on was done, and acts then.
ALTER TABLE reaction_acts ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
CREATE INDEX reaction_acts_waiting ON reaction_acts (card_id) WHERE waits = 1;
