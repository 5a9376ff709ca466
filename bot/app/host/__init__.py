"""The host's command line: backups, pruning, stuck jobs, diagnostics."""
