"""What members read of links that are not followed, and hosts of a server that does not start or answer."""

from __future__ import annotations

from bot.language import Text

UNREADABLE_LINK = Text("I can only open whole https links. Copy one again, or upload the file.", why="file.link")
LOGIN_OR_PORT = Text(
    "This link contains a user name, a password, or a port. Use a link without them, or upload the file.",
    why="file.link",
)
NOT_PUBLIC = Text("This link does not lead to a public address. Upload the file instead.", why="file.link")
NEVER_RUN = "No bot has used the database {database} yet. Start one with: cannon-bot run".format
NOT_RUNNING = "The bot does not answer at {address}. Start it with: cannon-bot run".format
CANNOT_LISTEN = (
    "Can't listen on {setting}_HOST={host}, {setting}_PORT={port}: {reason}. Stop what listens there, choose another "
    "address or port, or set {setting}_PORT=0 for any free one."
).format
"""Say why the HTTP server did not start; `setting` is HTTP or HEALTH, `reason` is the system's."""


# ---------------------------------------------------------------------- long work on the command line


def progress(what: str, percent: int | None, since_s: float, left_s: float | None) -> str:
    """Say how far long work is: `percent` and the seconds left are None if unknown."""
    if percent is None or left_s is None:
        return f"{what}: {_time(since_s)} so far"
    return f"{what}: {percent} %, about {_time(left_s)} left"


def _time(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


# ---------------------------------------------------------------------- metrics

BOOKS_DIFFERED = "Times that the ledger differed from the account of a server's key."
DATABASE_UP = "Whether this process has kept a row within the last 30 seconds."
LAST_COMMIT = "When this process last kept a row, Unix time; it tries each 15 seconds."
DATABASE_ERRORS = "Transactions that failed by the database's fault, by kind."
DISK_FREE = "Free bytes on the disk of the database's file."
LEADER = "Whether this process does the periodic work and shows the figures of the whole database."
BUILD = "What runs: always 1."
BACKUP_AGE = "How long ago the newest backup in BACKUP_DIR was made; infinite without one."
BACKUP_BYTES = "Size of the newest backup in BACKUP_DIR."
SHARD_CONNECTED = "Whether a shard is connected to Discord's gateway."
GATEWAY_LATENCY = "How long a shard's last heartbeat took."
ACCOUNTS = "Cannon Studio accounts that are linked, by kind: server, member, practice."
CREDITS_BOOKED = "Credits booked, by the ledger's kind of line; practice excluded."
HOST_LIMIT = "What servers may spend on the host's key this month: each (server), all together (total)."
HOST_SPENT = "What is spent or held of it: by the server that spent most (server), by all together (total)."
COMMANDS_OUTDATED = "1 while Discord has not taken the commands as they are now: those of before serve."
LOG_LINES_DROPPED = "Lines of the log that were dropped, because standard error was not read."
IDENTIFIES_LEFT = "How many more sessions Discord lets the bot begin today, with all its processes."
NOT_WRITABLE = "{path} can't be written ({reason}). Check its folder and the disk that it is on.".format
NOT_PERMITTED = "{path} can't be written ({reason}). The bot runs as {user_id}:{group_id}. {mend}".format
MEND_BY = "Give it the folder: {command}".format
MEND_BY_MOVING = "Name a folder of its own in DATABASE."
DISK_IS_FULL = "The disk of {path} is full. Free some space.".format
