"""The table `decisions`: the record of who decided what. Its rows never change."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.engine.columns import mapping_from_json, to_json
from bot.store.engine.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the record: who decided what, when."""

    id: int
    guild_id: int
    at: float
    by_id: int
    kind: str
    """A short word to filter by: `limit`, `grant`, `block`, `key`, `settings`, `approval`, `refusal`, …"""
    text: str
    about: Mapping[str, Any]


class Decisions(Repository):
    """The table `decisions`: the record of who decided what. Its rows never change."""

    async def add(
        self, guild_id: int, *, by_id: int, kind: str, text: str, about: Mapping[str, Any] | None = None
    ) -> Decision:
        """Write one line of the record. It can never be changed."""
        now = self._clock.wall()

        def change(db: sqlite3.Connection) -> Decision:
            row_id = db.execute(
                "INSERT INTO decisions (guild_id, at, by_id, kind, text, about) VALUES (?, ?, ?, ?, ?, ?)",
                (guild_id, now, by_id, kind, text, to_json(about or {})),
            ).lastrowid
            return _decision(db.execute("SELECT * FROM decisions WHERE id = ?", (row_id,)).fetchone())

        return await self._database.write(change)

    async def all(self, guild_id: int, *, since: float | None = None, limit: int | None = None) -> list[Decision]:
        """Return the guild's record, newest first: from `since` (Unix seconds) on, at most `limit` lines."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT * FROM decisions WHERE guild_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
                (guild_id, 0 if since is None else since, -1 if limit is None else limit),
            ).fetchall()
        )
        return [_decision(row) for row in rows]


def _decision(row: sqlite3.Row) -> Decision:
    return Decision(
        id=row["id"],
        guild_id=row["guild_id"],
        at=row["at"],
        by_id=row["by_id"],
        kind=row["kind"],
        text=row["text"],
        about=mapping_from_json(row["about"]),
    )
