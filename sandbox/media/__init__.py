"""Media for the sandbox, made from a seed."""
