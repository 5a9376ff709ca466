"""Files of results: downloads, attachments, contact sheets."""
