"""What brings members together: `/shootout`, the menu *Made here?*, and runs of schedules."""
