"""The buttons of what the bot reports to its host."""
