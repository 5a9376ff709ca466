"""From a member's request to a card: sources, steps, recipes. Nothing of Discord."""
