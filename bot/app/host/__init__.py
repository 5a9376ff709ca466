"""What a host does with the bot on the command line: backups, pruning, stuck jobs, a report of all that matters."""
