-- A list by state is read in order, also where nothing is in that state, and says whose each job is.
DROP INDEX jobs_state;
CREATE INDEX jobs_state ON jobs (guild_id, state, created_at, author_id);
-- A key's costs are found without those of the keys before it.
DROP INDEX jobs_costs;
CREATE INDEX jobs_costs ON jobs (
    guild_id, key_id, operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NOT NULL AND state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
