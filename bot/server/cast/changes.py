"""A server's cast, as members and moderators see and change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from bot.catalogue.checks.values import clean_text
from bot.catalogue.texts import text_too_long
from bot.domain.models import new_id
from bot.domain.server.places import Viewer
from bot.domain.texts import GONE, LIST_FULL, MODERATORS_ONLY, OWNER_ONLY
from bot.domain.words.cast import (
    CAST_MAX,
    LOOK_CHARS,
    NAME_CHARS,
    PLAYERS_MAX,
    Audience,
    CastKind,
    CastMember,
    cleaned_name,
    name_fault,
    name_key,
)
from bot.domain.words.text import harmless, one_line
from bot.errors import InputError, Refused
from bot.runtime.clock import Clock
from bot.server.cast import texts
from bot.server.cast.casting import may_name
from bot.server.cast.styles import PREFIX, found_styles, starter_styles
from bot.store import Record, Store
from bot.store.guild.community.cast import CastOutcome

FindLinks = Callable[[], Awaitable[Sequence[str]]]
"""Checks pictures and returns their links. Raises InputError, Refused or a MediaError."""
KeepPictures = Callable[[CastMember, FindLinks], Awaitable[CastMember]]
"""Posts pictures where they are kept, and returns the member with them: `bot.delivery.posting.cast_pictures`."""


@dataclass(frozen=True, kw_only=True)
class ServerCast:
    """Lists and changes the cast. What a member may not use is as what is not there."""

    store: Store
    keep: KeepPictures
    clock: Clock

    async def of(self, viewer: Viewer) -> list[CastMember]:
        """Return what the member may use, by name: characters, then styles."""
        found = [each for each in await self.store.cast.all(viewer.guild_id) if may_name(viewer, each)]
        return found + await self._starters(viewer.guild_id, found)

    async def _starters(self, guild_id: int, own: Sequence[CastMember]) -> list[CastMember]:
        """Return the styles that come with the bot, without those named as one of its own."""
        if not (await self.store.settings.get(guild_id)).starter_styles:
            return []
        taken = {name_key(each.name) for each in own}
        return [each for each in starter_styles(guild_id) if name_key(each.name) not in taken]

    async def get(self, viewer: Viewer, member_id: str) -> CastMember:
        """Return one that the member may use. Raises InputError without."""
        if member_id.startswith(PREFIX):
            member = next(found_styles(viewer.guild_id, frozenset(), frozenset({member_id})), None)
        else:
            member = await self.store.cast.get(viewer.guild_id, member_id)
        if member is None or not may_name(viewer, member):
            raise InputError(GONE)
        return member

    async def completed(self, viewer: Viewer, typed: str, *, styles: bool, most: int) -> list[str]:
        """Return what the typed names may become: those, and one more that begins with or contains the rest.

        `styles`: one style, instead of several of the whole cast.
        """
        *before, last = [typed.strip()] if styles else [each.strip() for each in typed.rsplit(",", PLAYERS_MAX)]
        chosen = {name_key(cleaned_name(each)) for each in before}
        wanted = name_key(cleaned_name(last))

        def fits(each: CastMember) -> bool:
            is_offered = may_name(viewer, each) and (each.kind is CastKind.STYLE or not styles)
            return is_offered and wanted in name_key(each.name) and name_key(each.name) not in chosen

        left = list(islice(filter(fits, await self.store.cast.matching(viewer.guild_id, wanted)), most))
        left += filter(fits, await self._starters(viewer.guild_id, left))
        left.sort(key=lambda each: (not name_key(each.name).startswith(wanted), each.kind, name_key(each.name)))
        return [", ".join([*filter(None, before), each.name]) for each in left[:most]]

    async def add(
        self,
        viewer: Viewer,
        kind: CastKind,
        links: FindLinks | None,
        *,
        commands: Collection[str],
        audience: Audience = Audience.EVERYONE,
        role_ids: frozenset[int] = frozenset(),
        **said: str,
    ) -> CastMember:
        """Add one, with the pictures of `links` posted. `commands`: names that it can't have; `said` as in `describe`.

        The member's own one of that name gets the pictures if it has none: its sheet is made after its words.

        Raises InputError, Refused or a MediaError, with nothing added.
        """
        member = CastMember(
            id=new_id(),
            guild_id=viewer.guild_id,
            kind=kind,
            audience=audience,
            role_ids=role_ids,
            made_by=viewer.member_id,
            made_at=self.clock.wall(),
            **_words(commands, **said),
        )
        if links is None and not member.look:
            raise InputError(texts.NOTHING_GIVEN, "look")
        for known in await self.store.cast.find(viewer.guild_id, keys=[name_key(member.name)]):
            if links is None or known.pictures or (known.made_by, known.kind) != (viewer.member_id, kind):
                raise InputError(texts.NAME_TAKEN(name=member.name), "name")
            await self.set_pictures(viewer, known.id, links)
            return await self.get(viewer, known.id)
        if links is not None:
            member = await self.keep(member, links)
        _require_done(await self.store.cast.add(member), member.name)
        return member

    async def describe(self, viewer: Viewer, member_id: str, *, commands: Collection[str], **said: str) -> None:
        """Set its `name`, `look`, and `voice_id`, or a style's `model` and `aspect_ratio`; '' for none.

        Raises InputError or Refused, as every change here.
        """
        words = _words(commands, **said)

        def described(was: CastMember) -> CastMember:
            if not words["look"] and not was.pictures:
                raise InputError(texts.NOTHING_GIVEN, "look")
            return replace(was, **words)

        await self._change(viewer, member_id, described)

    async def give_voice(self, viewer: Viewer, member_id: str, voice_id: str) -> None:
        """Set a character's voice for narrations; the same voice again removes it."""
        await self._change(
            viewer, member_id, lambda was: replace(was, voice_id="" if was.voice_id == voice_id else voice_id)
        )

    async def speakers(self, viewer: Viewer) -> list[CastMember]:
        """Return the characters whose voice the member may choose, newest first."""
        found = [each for each in await self.store.cast.all(viewer.guild_id) if may_change(viewer, each)]
        return sorted((each for each in found if each.kind is CastKind.CHARACTER), key=lambda each: -each.made_at)

    async def show_to(
        self, viewer: Viewer, member_id: str, audience: Audience, role_ids: frozenset[int] = frozenset()
    ) -> None:
        await self._change(viewer, member_id, lambda was: replace(was, audience=audience, role_ids=role_ids))

    async def lock(self, viewer: Viewer, member_id: str) -> None:
        """Let only moderators change it, or its maker again. Raises Refused for others."""
        if not viewer.is_moderator:
            raise Refused(MODERATORS_ONLY)
        await self._change(viewer, member_id, lambda was: replace(was, locked=not was.locked))

    async def set_pictures(self, viewer: Viewer, member_id: str, links: FindLinks) -> None:
        """Replace its pictures. Raises a MediaError, too."""
        member = await self.get(viewer, member_id)
        _require_changeable(viewer, member)
        kept = await self.keep(member, links)

        def moved(was: CastMember) -> CastMember:
            return replace(was, channel_id=kept.channel_id, message_id=kept.message_id, pictures=kept.pictures)

        await self._change(viewer, member_id, moved)

    async def remove(self, viewer: Viewer, member_id: str) -> CastMember:
        """Remove one, and return it. Its pictures are deleted soon; jobs that it plays in continue."""
        return await self._change(viewer, member_id, lambda _: None)

    async def _change(
        self, viewer: Viewer, member_id: str, change: Callable[[CastMember], CastMember | None]
    ) -> CastMember:
        """Store what `change` makes of one, None removes it; return it as it was."""
        seen: list[tuple[CastMember, CastMember | None]] = []

        def changed(was: CastMember) -> CastMember | None:
            _require_changeable(viewer, was)
            seen[:] = [(was, change(was))]
            return seen[0][1]

        def record(outcome: CastOutcome) -> Record | None:
            return _line(viewer, *seen[0]) if outcome is CastOutcome.DONE else None

        outcome = await self.store.cast.change(viewer.guild_id, member_id, changed, record=record)
        _require_done(outcome, "".join(new.name for _, new in seen if new is not None))
        return seen[0][0]


def _words(commands: Collection[str], *, name: str, look: str = "", **facts: str) -> dict[str, Any]:
    """Return what a member typed as it is stored. Raises InputError."""
    name, look = cleaned_name(clean_text(name)), one_line(clean_text(look))
    fault = name_fault(name)
    if fault == "reserved" or name_key(name) in commands:
        raise InputError(texts.NAME_TAKEN(name=name), "name")
    if fault is not None:
        raise InputError(texts.NAME_FITS(most=NAME_CHARS), "name")
    if len(look) > LOOK_CHARS:
        raise InputError(text_too_long("look", LOOK_CHARS, len(look)), "look")
    return {"name": name, "look": look, **{key: clean_text(each) for key, each in facts.items()}}


def may_change(viewer: Viewer, member: CastMember) -> bool:
    is_own = member.made_by == viewer.member_id and not member.locked
    return bool(member.made_by) and (viewer.is_moderator or is_own)


def _require_changeable(viewer: Viewer, member: CastMember) -> None:
    if not may_name(viewer, member):
        raise InputError(GONE)
    if not may_change(viewer, member):
        raise Refused(MODERATORS_ONLY if member.made_by == viewer.member_id else OWNER_ONLY)


def _require_done(outcome: CastOutcome, name: str) -> None:
    if outcome is CastOutcome.NAME_TAKEN:
        raise InputError(texts.NAME_TAKEN(name=name), "name")
    if outcome is CastOutcome.TOO_MANY:
        raise InputError(LIST_FULL(most=CAST_MAX), "name")
    if outcome is CastOutcome.GONE:
        raise InputError(GONE)


def _line(viewer: Viewer, was: CastMember, new: CastMember | None) -> Record | None:
    """Return the record's line of a moderator's act; what members do with their own is no act of moderation."""
    who, name = viewer.member_id, harmless(was.name)
    if was.made_by == who:
        return None
    if new is None:
        said = texts.REMOVED(who=who, name=name)
    elif was.name == new.name:
        said = texts.CHANGED(who=who, name=name)
    else:
        said = texts.RENAMED(who=who, old=name, name=harmless(new.name))
    return Record(kind="cast", text=said, by_id=who, about={"cast": was.id})
