"""/jobs list: the gallery of jobs, and what can be done about each."""
