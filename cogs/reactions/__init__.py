"""Reactions that run actions, their settings, and the gallery."""
