"""What the bot says to its host in Discord, in English, as its log is."""

from __future__ import annotations

DATABASE = "The database doesn't work, so nothing is stored: {reason} (docs/runbook.md#cannonbotdatabasedown)".format
STALLED = "Jobs don't move on, though they are due. See `/healthz` and the log, and restart the bot if it lasts."
BACKUP = "A backup failed: {reason} Look at the room and the rights of `BACKUP_DIR`.".format
HOST_KEY = "Cannon Studio rejects `CANNON_API_KEY`, so no server can use it. Replace it, and restart the bot."
SILENT = "no answer."
BEGINS = "🔴 {problem}".format
OVER = "✅ Over: {problem}".format
