"""/studio status: the key and its account, jobs and credits, what Cannon Studio has changed."""
