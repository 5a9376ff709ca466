"""What the worker follows: jobs, lanes, durations, and hints of webhooks."""
