"""The guilds to whose jobs the host's own key was refused."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.engine.repository import Repository
from bot.store.sql import Connection


@dataclass(frozen=True, slots=True)
class HostKeyRefusal:
    """The host's key is not used for this guild until a probe at `probe_at` (Unix seconds) or later finds it alive."""

    guild_id: int
    probe_at: float
    probes: int


class HostKeyRefusals(Repository):
    """The table `host_key_refusals`."""

    async def all(self) -> list[HostKeyRefusal]:
        """Return all of them."""
        rows = await self._database.read(lambda db: db.execute("SELECT * FROM host_key_refusals").fetchall())
        return [HostKeyRefusal(row["guild_id"], row["probe_at"], row["probes"]) for row in rows]

    async def note(self, guild_id: int, *, probe_at: float) -> bool:
        """Note that the host's key was refused to the guild, and when to try it again; True the first time."""
        now = self._clock.wall()

        def change(db: Connection) -> bool:
            return (
                db.execute(
                    "INSERT INTO host_key_refusals (guild_id, refused_at, probe_at) VALUES (?, ?, ?)"
                    " ON CONFLICT (guild_id) DO NOTHING",
                    (guild_id, now, probe_at),
                ).rowcount
                == 1
            )

        return await self._database.write(change)

    async def note_probe(self, guild_id: int, *, probe_at: float) -> None:
        """Note that it was tried once more without success, and when to try it next (Unix seconds)."""
        await self._database.write(
            lambda db: db.execute(
                "UPDATE host_key_refusals SET probe_at = ?, probes = probes + 1 WHERE guild_id = ?",
                (probe_at, guild_id),
            )
        )

    async def clear(self, guild_id: int) -> None:
        """Note that it works again for the guild."""
        await self._database.write(
            lambda db: db.execute("DELETE FROM host_key_refusals WHERE guild_id = ?", (guild_id,))
        )
