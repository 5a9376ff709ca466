"""The panel of /me: what a member has set on a server, what they spend, and what is kept of them."""
