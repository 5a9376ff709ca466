"""Prices: their factors, learned prices, the server's own list, and which one counts."""
