"""/studio settings: the panel, its forms and the words of its settings."""
