"""Members' own settings and information: /help, /usage and /me."""
