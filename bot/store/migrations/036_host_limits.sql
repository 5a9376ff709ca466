-- What all servers together spend on the host's key in a month.
CREATE INDEX jobs_host_total ON jobs (created_at, held_milli, raised_milli, id) WHERE key_id IS NULL;
-- True costs on the host's key, by what makes them, the newest last: one account's, whichever server they were for.
CREATE INDEX jobs_host_costs ON jobs (
    operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NULL AND state IN ('delivered', 'held') AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
