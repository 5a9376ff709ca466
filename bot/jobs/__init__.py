"""The life of a job: service, worker, cadence."""
