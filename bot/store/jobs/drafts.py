"""What waits for its own author: requests above the threshold, to confirm, and forms with an error, to correct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.models import new_id
from bot.store.engine.columns import mapping_from_json, to_json
from bot.store.engine.repository import Repository
from bot.store.sql import Connection


class Drafts(Repository):
    """The table `drafts`."""

    async def keep(self, guild_id: int, member_id: int, data: Mapping[str, Any], *, expires_at: float) -> str:
        """Store it until then (Unix seconds) and return its id; expired drafts are deleted."""
        draft_id, text, now = new_id(), to_json(data), self._clock.wall()

        def change(db: Connection) -> None:
            db.execute("DELETE FROM drafts WHERE expires_at <= ?", (now,))
            db.execute(
                "INSERT INTO drafts (id, guild_id, member_id, data, expires_at) VALUES (?, ?, ?, ?, ?)",
                (draft_id, guild_id, member_id, text, expires_at),
            )

        await self._database.write(change)
        return draft_id

    async def get(self, guild_id: int, member_id: int, draft_id: str) -> Mapping[str, Any] | None:
        """Return a member's own draft without using it; None if it is not theirs, used or expired."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT data FROM drafts WHERE id = ? AND guild_id = ? AND member_id = ? AND expires_at > ?",
                (draft_id, guild_id, member_id, self._clock.wall()),
            ).fetchone()
        )
        return None if row is None else mapping_from_json(row["data"])

    async def take(self, guild_id: int, member_id: int, draft_id: str) -> Mapping[str, Any] | None:
        """Return a member's own draft and delete it; None if it is not theirs, used or expired. One caller gets it."""
        now = self._clock.wall()

        def change(db: Connection) -> Mapping[str, Any] | None:
            row = db.execute(
                "DELETE FROM drafts WHERE id = ? AND guild_id = ? AND member_id = ? RETURNING data, expires_at",
                (draft_id, guild_id, member_id),
            ).fetchone()
            return None if row is None or row["expires_at"] <= now else mapping_from_json(row["data"])

        return await self._database.write(change)
