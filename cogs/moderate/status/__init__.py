"""/studio status: the key and its account, jobs and credits, API changes."""
