"""Secrets: the box that seals them and the columns that hold them."""
