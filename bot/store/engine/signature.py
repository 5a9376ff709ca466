"""The installation's signature, and what is stored about another copy of the bot: `cannon-bot check` reads it."""

from __future__ import annotations

from bot.store import texts
from bot.store.sql import Connection

SIGNATURE_META = "signature"
"""The installation's signature, made with the database."""
SECOND_COPY_META = "second_copy"
"""When another copy was proven last (Unix seconds)."""
PROOF_HOLDS_S = 900.0
"""For how long after its last proof another copy counts as running."""


def signature_in(db: Connection) -> str:
    """Return the installation's signature."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (SIGNATURE_META,)).fetchone()
    return "" if row is None else str(row[0])


def problems_of_copies(db: Connection, now: float) -> list[str]:
    """Return a sentence if another copy was proven lately."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (SECOND_COPY_META,)).fetchone()
    is_recent = row is not None and now - float(row[0]) < PROOF_HOLDS_S
    return [texts.second_copy(float(row[0]))] if row is not None and is_recent else []
