"""Media headers: duration, and whether there is a picture. Nothing is decoded."""
