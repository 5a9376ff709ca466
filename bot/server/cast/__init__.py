"""A server's cast: characters, styles and voices, and what they add to a job."""
