"""What the members of a server have in common: its cast and recipes."""
