"""The life of a server: its welcome, settings, members, practice, and its absence."""
