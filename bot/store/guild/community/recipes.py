"""Recipes of a guild's moderators, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.store.engine.columns import mapping_from_json, read_as, to_json
from bot.store.engine.repository import RecordOf, Repository
from bot.store.sql import Connection, Row

RECIPES_MAX = 100
"""How many recipes a guild may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecipe:
    """A stored recipe. `changed_at` is Unix seconds."""

    guild_id: int
    name: str
    data: Mapping[str, Any]
    made_by: int
    changed_at: float


class Saved(StrEnum):
    """The outcome of saving a recipe."""

    DONE = "done"
    NAME_TAKEN = "name taken"
    GONE = "gone"
    """The one to be replaced no longer exists."""
    TOO_MANY = "too many"


class Recipes(Repository):
    """The table `recipes`."""

    async def get(self, guild_id: int, name: str) -> StoredRecipe | None:
        row = await self._database.read(lambda db: _row(db, guild_id, name))
        return None if row is None else _kept(row)

    async def all(self, guild_id: int) -> list[StoredRecipe]:
        return await self._all(_kept, "SELECT * FROM recipes WHERE guild_id = ? ORDER BY name", (guild_id,))

    async def save(
        self,
        guild_id: int,
        name: str,
        data: Mapping[str, Any],
        *,
        by_id: int,
        replaces: str | None = None,
        record: RecordOf[Saved] | None = None,
    ) -> Saved:
        """Store a new recipe, or replace the one named `replaces`; nothing else is overwritten."""
        now, text = self._clock.wall(), to_json(data)

        def change(db: Connection) -> Saved:
            old = None if replaces is None else _row(db, guild_id, replaces)
            if replaces is not None and old is None:
                return Saved.GONE
            if name != replaces and _row(db, guild_id, name) is not None:
                return Saved.NAME_TAKEN
            count = db.execute("SELECT count(*) FROM recipes WHERE guild_id = ?", (guild_id,)).fetchone()[0]
            if old is None and count >= RECIPES_MAX:
                return Saved.TOO_MANY
            db.execute("DELETE FROM recipes WHERE guild_id = ? AND name = ?", (guild_id, replaces))
            made_by = by_id if old is None else old["made_by"]
            db.execute(
                "INSERT INTO recipes (guild_id, name, data, made_by, changed_at) VALUES (?, ?, ?, ?, ?)",
                (guild_id, name, text, made_by, now),
            )
            return Saved.DONE

        return await self._recorded(guild_id, change, record)

    async def delete(
        self, guild_id: int, name: str, *, record: RecordOf[StoredRecipe] | None = None
    ) -> StoredRecipe | None:
        """Delete and return the guild's recipe; None if there is none. Its runs continue."""

        def change(db: Connection) -> StoredRecipe | None:
            row = _row(db, guild_id, name)
            db.execute("DELETE FROM recipes WHERE guild_id = ? AND name = ?", (guild_id, name))
            return None if row is None else _kept(row)

        return await self._recorded(guild_id, change, record)


def _row(db: Connection, guild_id: int, name: str) -> Row | None:
    found: Row | None = db.execute("SELECT * FROM recipes WHERE guild_id = ? AND name = ?", (guild_id, name)).fetchone()
    return found


def _kept(row: Row) -> StoredRecipe:
    return read_as(StoredRecipe, row, data=mapping_from_json(row["data"]))
