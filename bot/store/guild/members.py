"""Members' settings and presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.models import new_id
from bot.domain.plain import from_plain, to_plain
from bot.domain.server.member_settings import PRESETS_MAX, MemberSettings, Preset
from bot.store.engine.columns import mapping_from_json, to_json, to_text
from bot.store.engine.repository import Repository
from bot.store.jobs.cards import LIVING_SAMPLE
from bot.store.sql import Connection, Row


class StoredPreset(StrEnum):
    """The outcome of keeping a preset."""

    ADDED = "added"
    REPLACED = "replaced"
    TOO_MANY = "too many"


class MemberSettingsRows(Repository):
    """The tables `member_settings` and `presets`."""

    async def get(self, guild_id: int, member_id: int) -> MemberSettings:
        """Return the member's settings in the guild; all unset if none."""
        return await self._database.look(lambda db: _settings(db, guild_id, member_id))

    async def change(
        self, guild_id: int, member_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> MemberSettings:
        """Apply a function to the member's settings in one transaction; return the new ones.

        Its exceptions propagate, with nothing changed.
        """

        def write(db: Connection) -> MemberSettings:
            changed = change(_settings(db, guild_id, member_id))
            db.execute(
                "INSERT INTO member_settings (guild_id, member_id, data) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET data = excluded.data",
                (guild_id, member_id, to_json(to_plain(changed))),
            )
            return changed

        return await self._write(guild_id, write)

    async def presets(self, guild_id: int, member_id: int) -> list[Preset]:
        return await self._all(
            _preset,
            "SELECT name, operation, data FROM presets WHERE guild_id = ? AND member_id = ? ORDER BY lower(name)",
            (guild_id, member_id),
        )

    async def preset(self, guild_id: int, member_id: int, name: str) -> Preset | None:
        """Return the member's preset of that name, ignoring case; None if there is none."""
        return await self._one(
            _preset,
            "SELECT name, operation, data FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?",
            (guild_id, member_id, _in_any_case(name)),
        )

    async def keep_preset(self, guild_id: int, member_id: int, preset: Preset) -> StoredPreset:
        """Store a preset, replacing one of the same name. At most PRESETS_MAX."""
        name, data = to_text(preset.name), to_json(preset.values)
        in_any_case = _in_any_case(name)

        def write(db: Connection) -> StoredPreset:
            mine = (guild_id, member_id)
            was = db.execute(
                "DELETE FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?", (*mine, in_any_case)
            ).rowcount
            count = db.execute("SELECT count(*) FROM presets WHERE guild_id = ? AND member_id = ?", mine).fetchone()[0]
            if count >= PRESETS_MAX:
                return StoredPreset.TOO_MANY
            db.execute(
                "INSERT INTO presets (guild_id, member_id, name, operation, data) VALUES (?, ?, ?, ?, ?)",
                (*mine, name, to_text(preset.operation), data),
            )
            return StoredPreset.REPLACED if was else StoredPreset.ADDED

        return await self._write(guild_id, write)

    async def remove_preset(self, guild_id: int, member_id: int, name: str) -> bool:
        """Delete the member's preset; return whether there was one."""
        return (
            await self._execute(
                guild_id,
                "DELETE FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?",
                (guild_id, member_id, _in_any_case(name)),
            )
            == 1
        )


def _settings(db: Connection, guild_id: int, member_id: int) -> MemberSettings:
    row = db.execute(
        "SELECT data FROM member_settings WHERE guild_id = ? AND member_id = ?", (guild_id, member_id)
    ).fetchone()
    return MemberSettings() if row is None else from_plain(MemberSettings, mapping_from_json(row["data"]))


def _preset(row: Row) -> Preset:
    return Preset(name=row["name"], operation=row["operation"], values=mapping_from_json(row["data"]))


def _in_any_case(name: str) -> str:
    """Lower-case as the database does: ASCII only."""
    return to_text(name).encode().lower().decode()


class Drafts(Repository):
    """The table `drafts`."""

    async def keep(self, guild_id: int, member_id: int, data: Mapping[str, Any], *, expires_at: float) -> str:
        """Store a draft until then (Unix seconds) and return its id; deletes the guild's expired ones."""
        draft_id, text, now = new_id(), to_json(data), self._clock.wall()

        def change(db: Connection) -> None:
            db.execute("DELETE FROM drafts WHERE guild_id = ? AND expires_at <= ?", (guild_id, now))
            db.execute(
                "INSERT INTO drafts (id, guild_id, member_id, data, expires_at) VALUES (?, ?, ?, ?, ?)",
                (draft_id, guild_id, member_id, text, expires_at),
            )

        await self._write(guild_id, change)
        return draft_id

    async def get(self, guild_id: int, member_id: int, draft_id: str) -> Mapping[str, Any] | None:
        """Return a member's own draft without using it; None if another's, used or expired."""
        row = await self._row(
            "SELECT data FROM drafts WHERE id = ? AND guild_id = ? AND member_id = ? AND expires_at > ?",
            (draft_id, guild_id, member_id, self._clock.wall()),
        )
        return None if row is None else mapping_from_json(row["data"])

    async def take(self, guild_id: int, member_id: int, draft_id: str) -> Mapping[str, Any] | None:
        """Return and delete a member's own draft; None if another's, used or expired. Only one caller gets it."""
        now = self._clock.wall()

        def change(db: Connection) -> Mapping[str, Any] | None:
            row = db.execute(
                "DELETE FROM drafts WHERE id = ? AND guild_id = ? AND member_id = ? RETURNING data, expires_at",
                (draft_id, guild_id, member_id),
            ).fetchone()
            return None if row is None or row["expires_at"] <= now else mapping_from_json(row["data"])

        return await self._write(guild_id, change)


_USED = """
SELECT voice_id, operation, created_at FROM (
    SELECT input ->> 'voice_id' AS voice_id, operation, created_at, key_id, practice FROM jobs
    WHERE guild_id = :guild_id AND state = 'delivered' ORDER BY created_at DESC LIMIT 500
) AS made WHERE voice_id IS NOT NULL AND coalesce(key_id, 0) = :key_id AND practice < 2
"""


@dataclass(frozen=True, slots=True)
class VoiceUse:
    """The latest result with a voice: its operation, and when it was requested (Unix seconds)."""

    operation: str
    at: float


class Voices(Repository):
    """The table `voice_samples`. `key_id` is the paying API key, None for the host's."""

    async def used(self, guild_id: int, key_id: int | None) -> dict[str, VoiceUse]:
        """Return the voices of the guild's last 500 results on the key's account, the latest first."""
        found: dict[str, VoiceUse] = {}
        for voice_id, operation, at in await self._rows(_USED, {"guild_id": guild_id, "key_id": key_id or 0}):
            found.setdefault(voice_id, VoiceUse(operation, at))
        return found

    async def sample_of(self, guild_id: int, key_id: int | None, voice_id: str) -> str | None:
        """Return the id of the voice's sample job, possibly unfinished; None if there is none."""
        row = await self._row(
            LIVING_SAMPLE, {"guild_id": guild_id, "key_id": key_id or 0, "voice_id": to_text(voice_id)}
        )
        return None if row is None else str(row[0])

    async def forget_sample(self, guild_id: int, job_id: str) -> None:
        """Note that a sample's file is gone, so that another may be made."""
        await self._execute(guild_id, "DELETE FROM voice_samples WHERE guild_id = ? AND job_id = ?", (guild_id, job_id))
