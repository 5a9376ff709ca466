"""What emojis on results do on a server, and where its gallery is: what moderators set."""
