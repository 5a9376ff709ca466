"""The workflow commands: one module per slash group, and their shared parts."""
