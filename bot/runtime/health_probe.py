"""Ask the running bot how it is: what `cannon-bot health` and the container's health check do.

The bot may listen on any free port, so it notes its address in the database; this reads that note, without
opening the database the way the bot does.
"""

from __future__ import annotations

import http.client
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from bot.errors import StartError

ADDRESS_META = "http_address"
"""The name under which the running bot keeps its address in the table `meta`."""
TIMEOUT_S = 5.0
ANSWER_LIMIT_BYTES = 64 * 1024


def noted_address(database: Path) -> str:
    """Return the address that the bot noted in `database`. Raises StartError if there is none."""
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True, timeout=TIMEOUT_S)
        ) as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (ADDRESS_META,)).fetchone()
    except sqlite3.Error:
        row = None
    if row is None:
        raise StartError(f"No bot has run with the database {database}. Start it with: cannon-bot run")
    return str(row[0])


def ask(address: str) -> tuple[bool, str]:
    """Return whether the bot at `address` is well, and its own words. Raises StartError if it does not answer."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status == 200, answer.read(ANSWER_LIMIT_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        raise StartError(f"The bot does not answer at {address}. Start it with: cannon-bot run") from None
    finally:
        connection.close()
