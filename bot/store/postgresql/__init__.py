"""The database as PostgreSQL: several processes on one, docs/decisions/0035-one-store-on-two-databases.md."""
