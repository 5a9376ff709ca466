"""Text of members inside sentences: shortened, escaped, filled into templates. Pure."""
