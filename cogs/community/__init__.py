"""What brings members together: `/shootout`, `/event`, the menu *Made here?*, and runs of schedules."""
