"""Cannon Studio's HTTP, and faults on the socket."""
