"""A server's first contact: the welcome message, and `/studio setup`."""
