"""What all workflow commands share: options, forms, files, and the way into intake."""
