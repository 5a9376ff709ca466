"""Slash commands generated from the catalogue, for operations without a command in the code."""
