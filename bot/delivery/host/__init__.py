"""What the bot says to its host in Discord."""
