"""Posting results: places, review, copies, takedown."""
