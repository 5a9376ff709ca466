"""Cannon Studio on loopback, for the demo and the tests."""
