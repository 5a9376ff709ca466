"""The acts of a server's moderators, their record, and the alerts they read."""
