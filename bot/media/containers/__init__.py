"""What the headers of an audio or video file say: its duration, and whether there is a picture. Nothing is decoded."""
