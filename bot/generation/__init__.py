"""What a member wants, until it is a card: sources, steps, recipes. Nothing of Discord."""
