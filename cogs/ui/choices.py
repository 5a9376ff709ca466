"""Discord's limits of a slash option's choices."""

CHOICE_CHARS = 100
"""The longest name of a choice."""
CHOICES_MAX = 25
"""How many choices are offered at once."""
