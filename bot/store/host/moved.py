"""The mark of a file that was moved to PostgreSQL: no bot starts on it.

Two bots on the same jobs would pay for them twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.errors import RESTART_CANNOT_HELP, StoreError
from bot.store import texts
from bot.store.engine.repository import stored_facts
from bot.store.sql import Connection

MOVED_TO_META = "moved_to"
"""In the database: where it was moved to."""
MOVED_FROM_META = "moved_from"
"""In the target: the id of the move that filled it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move of a file's content."""

    id: str
    """One for each attempt; the target has it too, once the attempt is committed."""
    place: str
    """The target, without a password."""
    at: float
    """When (Unix seconds)."""

    def to_text(self) -> str:
        """Serialise for the table `meta`."""
        return json.dumps(asdict(self))


def moved(db: Connection) -> Moved | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (MOVED_TO_META,)).fetchone()
    return None if row is None else Moved(**json.loads(row[0]))


def moved_file(database: Path) -> Moved | None:
    """Return a file's mark, ours or not; None if there is none. Blocks: not for the event loop."""
    value = stored_facts(database, MOVED_TO_META).get(MOVED_TO_META)
    return None if value is None else Moved(**json.loads(value))


def refuse_moved(db: Connection, database: Path) -> None:
    if (mark := moved(db)) is not None:
        raise StoreError(texts.moved(database, mark.place, mark.at), exit_code=RESTART_CANNOT_HELP)
