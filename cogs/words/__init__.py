"""Answers to members who mention the bot: what they said becomes a job, once they have seen its price."""
