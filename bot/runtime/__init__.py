"""Process infrastructure: clock, logs, metrics, health, rate limits, and the network."""
