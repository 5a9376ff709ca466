"""Actions on results: buttons, message menus, next steps, fresh links, removal."""
