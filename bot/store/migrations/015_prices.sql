-- What makes the price of a job, in addition to its operation (bot/domain/price_model.py). `price_kind` is NULL for jobs
-- from before: their costs show no price. `price_size` is in seconds, or in characters of speech.
ALTER TABLE jobs ADD COLUMN price_kind TEXT;
ALTER TABLE jobs ADD COLUMN price_size REAL CHECK (price_size > 0);
ALTER TABLE jobs ADD COLUMN price_outputs INTEGER NOT NULL DEFAULT 1 CHECK (price_outputs >= 1);
-- Credits held beyond `held_milli` since the API has told a higher cost.
ALTER TABLE jobs ADD COLUMN raised_milli INTEGER NOT NULL DEFAULT 0 CHECK (raised_milli BETWEEN 0 AND 999999999999);
-- Those of the author's roles that limits were for when the card was accepted.
ALTER TABLE cards ADD COLUMN role_ids TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(role_ids));

DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (guild_id, author_id, state, held_milli, overdue_at, waits_for, raised_milli)
    WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
DROP INDEX jobs_spent;
CREATE INDEX jobs_spent ON jobs (guild_id, created_at, author_id, operation, held_milli, raised_milli, id);
-- Open jobs whose price nobody knows yet.
CREATE INDEX jobs_unpriced ON jobs (guild_id)
    WHERE basis = 'unknown' AND coalesce(cost_milli, 0) = 0
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready');
-- True costs by what makes them, the newest last.
DROP INDEX jobs_paid;
CREATE INDEX jobs_costs ON jobs (
    guild_id, operation, price_kind, created_at, key_id, cost_milli, price_size, price_outputs
) WHERE state IN ('delivered', 'held') AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
