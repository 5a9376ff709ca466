"""Members' own settings on a server: defaults, notifications, presets. Hidden from moderators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.catalogue import LiveCatalogue
from bot.catalogue.checks.values import clean_text
from bot.catalogue.texts import text_too_long
from bot.domain.server.member_settings import (
    PRESET_NAME_CHARS,
    PRESETS_MAX,
    STYLE_CHARS,
    MemberSettings,
    Notify,
    Preset,
)
from bot.domain.texts import LIST_FULL
from bot.domain.words.text import one_line
from bot.errors import InputError
from bot.server import texts
from bot.store import Erased, Store, StoredPreset


@dataclass(frozen=True)
class OwnSettings:
    """Reads and changes a member's settings."""

    store: Store

    async def of(self, guild_id: int, member_id: int) -> MemberSettings:
        return await self.store.member_settings.get(guild_id, member_id)

    async def change(
        self, guild_id: int, member_id: int, change: Callable[[MemberSettings], MemberSettings]
    ) -> MemberSettings:
        """Change the settings by a function; return the new ones."""
        return await self.store.member_settings.change(guild_id, member_id, change)

    async def set_model(self, guild_id: int, member_id: int, operation: str, model: str) -> MemberSettings:
        """Set the member's default model for an operation; '' for none."""

        def changed(before: MemberSettings) -> MemberSettings:
            others = {key: each for key, each in before.models.items() if key != operation}
            return replace(before, models=others | ({operation: model} if model else {}))

        return await self.change(guild_id, member_id, changed)

    async def set_ratio(self, guild_id: int, member_id: int, ratio: str) -> MemberSettings:
        """Set the aspect ratio of new images and videos; '' for none."""
        return await self.change(guild_id, member_id, lambda before: replace(before, aspect_ratio=ratio))

    async def set_style(self, guild_id: int, member_id: int, typed: str) -> MemberSettings:
        """Set the words added to prompts; '' for none. Raises InputError if too long."""
        style = one_line(clean_text(typed))
        if len(style) > STYLE_CHARS:
            raise InputError(text_too_long("style", STYLE_CHARS, len(style)))
        return await self.change(guild_id, member_id, lambda before: replace(before, style=style))

    async def set_notify(self, guild_id: int, member_id: int, how: Notify) -> MemberSettings:
        return await self.change(guild_id, member_id, lambda before: replace(before, notify=how))

    async def presets(self, guild_id: int, member_id: int) -> Sequence[Preset]:
        return await self.store.member_settings.presets(guild_id, member_id)

    async def preset(self, guild_id: int, member_id: int, name: str) -> Preset:
        """Return the member's preset of that name. Raises InputError if there is none."""
        found = await self.store.member_settings.preset(guild_id, member_id, one_line(clean_text(name)))
        if found is None:
            raise InputError(texts.NO_PRESET(name=name), "preset")
        return found

    async def keep_preset(
        self, guild_id: int, member_id: int, typed: str, *, operation: str, values: Mapping[str, Any]
    ) -> tuple[Preset, StoredPreset]:
        """Save a preset under the typed name, replacing one of that name.

        Raises InputError for an empty or too long name, no values, or too many presets.
        """
        name = one_line(clean_text(typed))
        if not name or len(name) > PRESET_NAME_CHARS or not values:
            raise InputError(texts.PRESET_FITS(most=PRESET_NAME_CHARS))
        preset = Preset(name=name, operation=operation, values=values)
        kept = await self.store.member_settings.keep_preset(guild_id, member_id, preset)
        if kept is StoredPreset.TOO_MANY:
            raise InputError(LIST_FULL(most=PRESETS_MAX))
        return preset, kept

    async def remove_preset(self, guild_id: int, member_id: int, name: str) -> bool:
        """Delete the member's preset; return whether it existed."""
        return await self.store.member_settings.remove_preset(guild_id, member_id, name)


@dataclass(frozen=True)
class MemberData:
    """Blanks a member's data at their request. docs/decisions/0007-privacy.md says what stays."""

    store: Store
    catalogue: LiveCatalogue

    async def erase(self, guild_id: int, member_id: int) -> Erased:
        """Blank the member's ended jobs in the guild, and delete their drafts and reactions there.

        The caller has copies of their results deleted (bot/delivery/posting/copies.py).
        """
        is_known = self.catalogue.current.knows_model
        return await self.store.privacy.erase(guild_id, member_id, is_known_model=is_known)

    async def settings(self, guild_id: int, member_id: int) -> Sequence[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        own = await self.store.member_settings.get(guild_id, member_id)
        if own != MemberSettings():
            rows.append({"settings": asdict(own)})
        presets = await self.store.member_settings.presets(guild_id, member_id)
        rows += [{"preset": each.name, "operation": each.operation, "values": dict(each.values)} for each in presets]
        return rows
