"""cannon-bot: Cannon Studio's media API as Discord slash commands."""

__version__ = "0.1.0"
