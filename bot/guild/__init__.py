"""What a server has set: its key, its switches, what its moderators are told."""
