"""Files of results: downloads and attachments."""
