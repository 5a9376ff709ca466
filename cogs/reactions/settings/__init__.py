"""Moderators' settings of emojis and the gallery."""
