"""Shared by all workflow commands: options, forms, files, and submission."""
