"""A server's cast: characters and styles, and what they add to a job."""
