"""A server's first contact with the bot: the message that greets it, and `/studio setup`."""
