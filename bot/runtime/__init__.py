"""What the process runs on: clock, logs, metrics, health, rate limits, and the network."""
