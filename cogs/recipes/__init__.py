"""/recipe: write, run and share recipes."""
