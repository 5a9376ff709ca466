"""What members look up: /help, /usage and /privacy."""
