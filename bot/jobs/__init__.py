"""The life of a job: service, poller, cadence."""
