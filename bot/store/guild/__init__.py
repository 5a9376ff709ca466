"""What a server has configured and decided, in SQL."""
