"""The guided tour of the demo: a card with nine steps, each one thing to try."""
