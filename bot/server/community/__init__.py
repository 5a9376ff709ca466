"""What brings a server's members together: shoot-outs between models."""
