"""What brings members together: `/shootout`, and runs of schedules."""
