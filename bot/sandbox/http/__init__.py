"""Cannon Studio's HTTP, and how a fault looks on the socket."""
