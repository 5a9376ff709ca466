"""The client: the bot put together, connected to Discord and kept in sync with it."""
