"""The demo server's initial state: channels, members with faces, and a week of history."""
