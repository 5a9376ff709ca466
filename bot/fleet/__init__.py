"""Several processes on one database: shards, shared budgets of calls, shared memory."""
