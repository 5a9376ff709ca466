"""The connection to Discord: calls, commands, answers and start."""
