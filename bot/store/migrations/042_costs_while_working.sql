-- True costs, by what makes them: also those that the API tells while it works.
DROP INDEX jobs_costs;
CREATE INDEX jobs_costs ON jobs (
    guild_id, operation, price_kind, created_at, key_id, cost_milli, price_size, price_outputs
) WHERE state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
DROP INDEX jobs_host_costs;
CREATE INDEX jobs_host_costs ON jobs (
    operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NULL AND state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
