"""Server configuration and decisions, in SQL."""
