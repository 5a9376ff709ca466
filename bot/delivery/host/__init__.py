"""What the bot reports to its host in Discord, and what the buttons of these reports do."""
