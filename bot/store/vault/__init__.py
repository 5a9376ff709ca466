"""Secrets: the box that encrypts them and the columns that store them."""
