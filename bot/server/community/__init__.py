"""What brings a server's members together: shoot-outs between models, and accounts of their own to pay with."""
