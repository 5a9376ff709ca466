"""What brings members together: `/shootout`, `/event`, and runs of schedules."""
