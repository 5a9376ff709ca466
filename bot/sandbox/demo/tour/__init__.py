"""The guided tour of the demo: a card with eight steps, each one thing to try."""
