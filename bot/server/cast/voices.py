"""A server's voices: the list, the narration default, and each one's sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from types import MappingProxyType
from typing import Final

from bot.account.api_keys import ApiKeys
from bot.catalogue.checks.values import clean_text
from bot.domain.server.guild_rules import VOICE_LABELS_MAX, Rules
from bot.domain.texts import LIST_FULL
from bot.domain.words.text import one_line, shortened
from bot.errors import InputError, NoKey
from bot.server.settings import SettingsChanges
from bot.store import Store, VoiceUse

LABEL_CHARS: Final = 40
"""Longest label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice that worked on the server's account, or was labelled by moderators."""

    id: str
    label: str
    operation: str
    """The operation it was last used with, '' if unused."""
    used_at: float | None
    """Its last use (Unix seconds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceList:
    """A server's voices for one member, newest first."""

    voices: Sequence[Voice]
    own_default: str
    server_default: str

    def find(self, voice_id: str) -> Voice | None:
        """Return the voice of that id, None if not listed."""
        return next((each for each in self.voices if each.id == voice_id), None)


@dataclass(frozen=True)
class ServerVoices:
    """Lists voices and changes defaults."""

    store: Store
    _: KW_ONLY
    keys: ApiKeys
    settings: SettingsChanges

    async def of(self, guild_id: int, member_id: int) -> VoiceList:
        rules = await self.store.settings.get(guild_id)
        own = (await self.store.member_settings.get(guild_id, member_id)).voice
        try:
            key_id = (await self.keys.of_payer(guild_id, own=False)).id
        except NoKey:
            used: Mapping[str, VoiceUse] = {}
        else:
            used = await self.store.voices.used(guild_id, key_id)
        ids = dict.fromkeys([*used, *rules.voice_labels, *filter(None, (own, rules.default_voice))])
        voices = [
            Voice(
                id=each,
                label=rules.voice_labels.get(each, ""),
                operation=used[each].operation if each in used else "",
                used_at=used[each].at if each in used else None,
            )
            for each in ids
        ]
        return VoiceList(voices=voices, own_default=own, server_default=rules.default_voice)

    async def sample_of(self, guild_id: int, voice_id: str) -> str | None:
        """Return the job of the voice's sample, finished or not; None if there is none. Raises NoKey."""
        key = await self.keys.for_guild(guild_id)
        return await self.store.voices.sample_of(guild_id, key.id, voice_id)

    async def forget_sample(self, guild_id: int, job_id: str) -> None:
        """Allow a new sample: this one's file is gone."""
        await self.store.voices.forget_sample(guild_id, job_id)

    async def choose(self, guild_id: int, member_id: int, voice_id: str) -> None:
        """Set the member's default voice; '' for none."""
        await self.store.member_settings.change(guild_id, member_id, lambda own: replace(own, voice=voice_id))

    async def choose_for_all(self, guild_id: int, voice_id: str, *, by_id: int) -> None:
        """Set the server's default voice; '' for none."""
        await self.settings.change(guild_id, lambda rules: replace(rules, default_voice=voice_id), by_id=by_id)

    async def label(self, guild_id: int, voice_id: str, typed: str, *, by_id: int) -> None:
        """Label a voice; '' for none. Raises InputError if there are too many."""
        label = shortened(one_line(clean_text(typed)), LABEL_CHARS)

        def labelled(rules: Rules) -> Rules:
            labels = {name: each for name, each in rules.voice_labels.items() if name != voice_id}
            if label and len(labels) >= VOICE_LABELS_MAX:
                raise InputError(LIST_FULL(most=VOICE_LABELS_MAX))
            return replace(rules, voice_labels=MappingProxyType(labels | ({voice_id: label} if label else {})))

        await self.settings.change(guild_id, labelled, by_id=by_id)
