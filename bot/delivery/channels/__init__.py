"""Discord's channels and messages: limits, permissions, the gate for postings, links."""
