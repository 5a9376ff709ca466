"""What a server has set: its key, switches and rules; what its moderators do, and what is reported to them."""
