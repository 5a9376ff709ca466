"""The panel of /me: a member's settings, spending and data on a server."""
