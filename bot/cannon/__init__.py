"""Cannon Studio's API: client, retry policy, wire format."""
