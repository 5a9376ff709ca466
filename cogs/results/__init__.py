"""What can be done with a result: buttons, message menus, next steps, removal."""
