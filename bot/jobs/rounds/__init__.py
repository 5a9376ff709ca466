"""Rounds beside the worker: maintenance, late results."""
