"""PostgreSQL backend, for several processes: docs/decisions/0035-one-store-on-two-databases.md."""
