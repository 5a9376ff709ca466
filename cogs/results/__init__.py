"""What members can do with a result: buttons, message menus, next steps, fresh links, removal."""
