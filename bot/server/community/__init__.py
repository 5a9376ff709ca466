"""What brings a server's members together: shoot-outs between models, events, schedules, and accounts of their own."""
