"""The Cannon Studio account that pays for a server: its key, its health, its balance, and what it may use."""
