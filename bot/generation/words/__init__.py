"""Members' words as requests: the rules and phrases of each language."""
