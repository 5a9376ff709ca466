"""Prices: what makes them, what is learned of them, the server's own list, and which of several counts."""
