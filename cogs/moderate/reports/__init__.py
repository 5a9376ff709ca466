"""Results that members report to the moderators, and what moderators do about a line of the log channel."""
