"""Commands that bring members together: `/shootout`."""
