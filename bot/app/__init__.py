"""The client: puts the bot together, connects it to Discord and keeps it in sync."""
