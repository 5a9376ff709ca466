"""Rounds beside the worker: maintenance, upkeep, late results."""
