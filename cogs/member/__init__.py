"""Commands for members' own information: /help, /usage and /privacy."""
