"""Rounds next to the worker: maintenance, late results."""
