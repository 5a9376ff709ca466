"""Commands for members' own settings and information: /help, /usage and /me."""
