"""Shared by the commands: controls, forms, permissions and texts."""
