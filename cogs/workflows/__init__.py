"""The workflow commands: one module for each slash group, and what they share."""
