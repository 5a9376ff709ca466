"""`/cast`: the gallery of a server's characters and styles, and their forms."""
