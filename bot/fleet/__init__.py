"""Several processes on one database: shards, shared rate limits, shared memory."""
