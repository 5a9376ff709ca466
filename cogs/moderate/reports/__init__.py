"""Members' reports of results, and the log channel's buttons."""
