"""The connection to Discord: its calls, its commands, its answers, and its start."""
