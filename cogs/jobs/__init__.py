"""/jobs: the gallery of jobs, and actions on each."""
