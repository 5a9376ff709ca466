"""What people read of links that are not followed, and hosts of a server that does not start or answer."""

from __future__ import annotations

from pathlib import Path

UNREADABLE_LINK = "That is not a link the bot can read."
LOGIN_IN_LINK = "The link has a user name or password in it; the bot does not follow such links."
NOT_HTTPS = "Only https links can be used."
OTHER_PORT = "The link names a port; only links without one can be used."
NOT_PUBLIC = "The link does not lead to a public address."


def never_run(database: Path) -> str:
    """Say that no bot has recorded its address in the database."""
    return f"No bot has run with the database {database}. Start it with: cannon-bot run"


def not_running(address: str) -> str:
    """Say that no bot answers at its address."""
    return f"The bot does not answer at {address}. Start it with: cannon-bot run"


def cannot_listen(setting: str, host: str, port: int, reason: str) -> str:
    """Say why the HTTP server did not start; `setting` is HTTP or HEALTH, `reason` is the system's."""
    return (
        f"Cannot listen on {setting}_HOST={host}, {setting}_PORT={port}: {reason}."
        f" Is another cannon-bot running? Choose another port, or {setting}_PORT=0 for any free one."
    )
