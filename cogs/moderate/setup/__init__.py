"""The first page of the settings, and its words and those of the welcome message."""
