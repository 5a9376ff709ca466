"""The guided tour of the demo: a card with ten steps, each one thing to try."""
