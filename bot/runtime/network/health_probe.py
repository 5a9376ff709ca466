"""Health check client of `cannon-bot health` and the container.

The bot may listen on any free port, whose address it stores in the database; this reads only that row. Processes that
share a PostgreSQL database each have a file for it.
"""

from __future__ import annotations

import contextlib
import http.client
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import StartError
from bot.runtime import texts
from bot.runtime.machine import read_only, refusal

ADDRESS_META = "http_address"
"""The key in the table `meta` of the bot's health address."""
TIMEOUT_S = 5.0
ANSWER_LIMIT_BYTES = 64 * 1024


def address_file(files: Path) -> Path:
    """Return the address file of a process whose files are next to `files`."""
    return files.with_name(f"{files.name}.address")


def store_address(files: Path, address: str) -> None:
    """Store the address in a file, for a process with a remote database. Raises StoreError."""
    try:
        files.parent.mkdir(parents=True, exist_ok=True)
        address_file(files).write_text(address, encoding="ascii")
    except OSError as error:
        raise refusal(address_file(files), error) from None


def stored_address(database: Path) -> str:
    """Return the address stored in `database`, or next to it. Raises StartError if there is none."""
    with contextlib.suppress(FileNotFoundError):
        return address_file(database).read_text(encoding="ascii")
    try:
        with closing(sqlite3.connect(read_only(database), uri=True, timeout=TIMEOUT_S)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (ADDRESS_META,)).fetchone()
    except sqlite3.Error:
        row = None
    if row is None:
        raise StartError(texts.NEVER_RUN(database=database))
    return str(row[0])


def ask(address: str) -> tuple[bool, str]:
    """Return whether the bot at `address` is healthy, and its answer. Raises StartError without an answer."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status == 200, answer.read(ANSWER_LIMIT_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        raise StartError(texts.NOT_RUNNING(address=address)) from None
    finally:
        connection.close()
