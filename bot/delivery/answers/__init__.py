"""The answers to interactions: the error boundary, and what is registered of the commands."""
