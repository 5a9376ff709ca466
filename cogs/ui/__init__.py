"""What the commands share: controls, forms, permissions and texts."""
