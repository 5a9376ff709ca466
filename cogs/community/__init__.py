"""Commands that bring members together: `/shootout`, and the menu *Made here?*."""
