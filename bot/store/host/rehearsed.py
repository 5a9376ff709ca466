"""What a rehearsal reads of a restored database: its books, and where its jobs are."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.domain.models import Job
from bot.store.engine.connection import connect
from bot.store.engine.sqlite_errors import explained
from bot.store.jobs.job_lists import OPEN_TOTAL
from bot.store.jobs.rows import job_of

_LINES = "SELECT id, guild_id, job_id, kind, credits_milli FROM ledger WHERE id <= ? ORDER BY id"
_PLACES = "SELECT DISTINCT guild_id, channel_id FROM cards UNION SELECT guild_id, message_channel_id FROM cards"
_SENT = "SELECT * FROM jobs WHERE state IN ('queued', 'processing') AND remote_id IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksSeen:
    """The ledger of a database at one moment, whatever its schema."""

    jobs: int
    open_jobs: int
    last_line: int
    """The id of its newest line."""
    digest: str
    """Of all lines up to that one."""


def books_of(file: Path, last_line: int | None = None) -> BooksSeen:
    """Read the ledger of a file that is not in use, up to the line `last_line`. Blocks. Raises StoreError."""
    with explained(file), contextlib.closing(connect(file)) as db:
        newest = int(db.execute("SELECT coalesce(max(id), 0) FROM ledger").fetchone()[0])
        digest, until = hashlib.sha256(), newest if last_line is None else last_line
        for row in db.execute(_LINES, (until,)):
            digest.update(repr(tuple(row)).encode())
        return BooksSeen(
            jobs=int(db.execute("SELECT count(*) FROM jobs").fetchone()[0]),
            open_jobs=int(db.execute(OPEN_TOTAL).fetchone()[0]),
            last_line=newest,
            digest=digest.hexdigest(),
        )


def places_of(file: Path) -> Mapping[int, frozenset[int]]:
    """Return the channels of each server that the cards of a file are in. Blocks. Raises StoreError."""
    found: dict[int, set[int]] = {}
    with explained(file), contextlib.closing(connect(file)) as db:
        for guild_id, channel_id in db.execute(_PLACES):
            if channel_id is not None:
                found.setdefault(guild_id, set()).add(channel_id)
    return {guild_id: frozenset(channels) for guild_id, channels in found.items()}


def sent_jobs(file: Path) -> list[Job]:
    """Return the jobs of a file of the newest schema that Cannon Studio was working on. Blocks. Raises StoreError."""
    with explained(file), contextlib.closing(connect(file)) as db:
        return [job_of(row) for row in db.execute(_SENT)]
