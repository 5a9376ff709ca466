"""Jobs: how long they take, when to poll them, how far they are, how they share a card. Pure."""
