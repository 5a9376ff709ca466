"""What a server has set and decided, in SQL."""
