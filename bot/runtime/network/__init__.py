"""The network: outgoing calls, safe links, and the bot's own HTTP server."""
