"""Cannon Studio on loopback, for the demo, the tests and rehearsals."""
