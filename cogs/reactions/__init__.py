"""Reactions as commands, their settings, and the gallery."""
