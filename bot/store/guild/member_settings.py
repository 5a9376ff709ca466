"""What members have set for themselves: their settings and their presets."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bot.domain.member_settings import PRESETS_MAX, MemberSettings, Preset
from bot.store.engine.columns import mapping_from_json, to_json, to_text
from bot.store.engine.kept import Recalled
from bot.store.engine.repository import Repository
from bot.store.sql import Connection, Row


class PresetKept(StrEnum):
    """The outcome of keeping a preset."""

    ADDED = "added"
    REPLACED = "replaced"
    TOO_MANY = "too many"


class MemberSettingsRows(Repository):
    """The tables `member_settings` and `presets`."""

    async def get(self, guild_id: int, member_id: int) -> MemberSettings:
        """Return what the member has set in the guild; all unset if nothing."""
        return await self._database.recall(
            Recalled.MEMBERS, (guild_id, member_id), lambda db: _settings(db, guild_id, member_id)
        )

    async def change(
        self, guild_id: int, member_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> MemberSettings:
        """Change the member's settings by a function of the present ones, in one transaction; return the new ones.

        What `change` raises propagates, with nothing changed.
        """

        def write(db: Connection) -> MemberSettings:
            changed = change(_settings(db, guild_id, member_id))
            db.execute(
                "INSERT INTO member_settings (guild_id, member_id, data) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, member_id) DO UPDATE SET data = excluded.data",
                (guild_id, member_id, to_json(changed.to_json())),
            )
            return changed

        return await self._database.write(write)

    async def presets(self, guild_id: int, member_id: int) -> list[Preset]:
        """Return the member's presets in the guild by name."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT name, operation, data FROM presets WHERE guild_id = ? AND member_id = ? ORDER BY lower(name)",
                (guild_id, member_id),
            ).fetchall()
        )
        return [_preset(row) for row in rows]

    async def preset(self, guild_id: int, member_id: int, name: str) -> Preset | None:
        """Return the member's preset of that name, whatever its case; None if they have none."""
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT name, operation, data FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?",
                (guild_id, member_id, _in_any_case(name)),
            ).fetchone()
        )
        return None if row is None else _preset(row)

    async def keep_preset(self, guild_id: int, member_id: int, preset: Preset) -> PresetKept:
        """Store a preset; one of the same name is replaced. At most PRESETS_MAX are kept."""
        name, data = to_text(preset.name), to_json(preset.values)
        in_any_case = _in_any_case(name)

        def write(db: Connection) -> PresetKept:
            mine = (guild_id, member_id)
            was = db.execute(
                "DELETE FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?", (*mine, in_any_case)
            ).rowcount
            count = db.execute("SELECT count(*) FROM presets WHERE guild_id = ? AND member_id = ?", mine).fetchone()[0]
            if count >= PRESETS_MAX:
                return PresetKept.TOO_MANY
            db.execute(
                "INSERT INTO presets (guild_id, member_id, name, operation, data) VALUES (?, ?, ?, ?, ?)",
                (*mine, name, to_text(preset.operation), data),
            )
            return PresetKept.REPLACED if was else PresetKept.ADDED

        return await self._database.write(write)

    async def remove_preset(self, guild_id: int, member_id: int, name: str) -> bool:
        """Delete the member's preset; return whether there was one."""
        return await self._database.write(
            lambda db: (
                db.execute(
                    "DELETE FROM presets WHERE guild_id = ? AND member_id = ? AND lower(name) = ?",
                    (guild_id, member_id, _in_any_case(name)),
                ).rowcount
                == 1
            )
        )


def forget_settings(db: Connection, guild_id: int, member_id: int) -> None:
    """Delete what a member has set in a guild, and their presets there."""
    for table in ("member_settings", "presets"):
        db.execute(f"DELETE FROM {table} WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))  # noqa: S608 - one of the two


def _settings(db: Connection, guild_id: int, member_id: int) -> MemberSettings:
    row = db.execute(
        "SELECT data FROM member_settings WHERE guild_id = ? AND member_id = ?", (guild_id, member_id)
    ).fetchone()
    return MemberSettings() if row is None else MemberSettings.from_json(mapping_from_json(row["data"]))


def _preset(row: Row) -> Preset:
    return Preset(name=row["name"], operation=row["operation"], values=mapping_from_json(row["data"]))


def _in_any_case(name: str) -> str:
    """Return what the database's `lower` makes of a name: it knows the letters of ASCII alone."""
    return to_text(name).encode().lower().decode()
