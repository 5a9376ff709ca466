"""`/event`: announce one, take part, cancel it."""
