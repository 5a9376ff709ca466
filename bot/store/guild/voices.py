"""Voices: a member's own default, and the job that is the sample of one."""

from __future__ import annotations

from bot.store.engine.columns import to_text
from bot.store.engine.kept import Recalled
from bot.store.engine.repository import Repository
from bot.store.jobs.voice_samples import LIVING_SAMPLE
from bot.store.sql import Connection


class Voices(Repository):
    """The tables `voice_defaults` and `voice_samples`. `key_id` is the API key that paid, None for the host's."""

    async def default_of(self, guild_id: int, member_id: int) -> str:
        """Return the voice that the member has chosen for themselves in the guild, '' for none."""
        key = guild_id, member_id
        row = await self._database.recall(
            Recalled.VOICES,
            key,
            lambda db: db.execute(
                "SELECT voice_id FROM voice_defaults WHERE guild_id = ? AND member_id = ?", key
            ).fetchone(),
        )
        return "" if row is None else str(row[0])

    async def set_default(self, guild_id: int, member_id: int, voice_id: str) -> None:
        """Store the member's own default voice in the guild; '' for none."""

        def change(db: Connection) -> None:
            db.execute("DELETE FROM voice_defaults WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))
            if voice_id:
                db.execute(
                    "INSERT INTO voice_defaults (guild_id, member_id, voice_id) VALUES (?, ?, ?)",
                    (guild_id, member_id, to_text(voice_id)),
                )

        await self._database.write(change)

    async def sample_of(self, guild_id: int, key_id: int | None, voice_id: str) -> str | None:
        """Return the id of the job that is, or is about to be, the voice's sample; None if it has none."""
        values = {"guild_id": guild_id, "key_id": key_id or 0, "voice_id": to_text(voice_id)}
        row = await self._database.read(lambda db: db.execute(LIVING_SAMPLE, values).fetchone())
        return None if row is None else str(row[0])

    async def forget_sample(self, guild_id: int, job_id: str) -> None:
        """Note that the file of a sample is gone for good, so that another may be made."""
        await self._database.write(
            lambda db: db.execute("DELETE FROM voice_samples WHERE guild_id = ? AND job_id = ?", (guild_id, job_id))
        )
