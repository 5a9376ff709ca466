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
    PICTURES_MAX,
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
from bot.server.cast.styles import PREFIX, found_styles, starter_styles
from bot.store import Record, Store
from bot.store.guild.community.cast import CastOutcome

FindLinks = Callable[[], Awaitable[Sequence[str]]]
"""Checks pictures and returns their links. Raises InputError, Refused or a MediaError."""
KeepPictures = Callable[[CastMember, FindLinks], Awaitable[CastMember]]
"""Posts pictures where they are kept, and returns the member with them: `bot.delivery.posting.cast_pictures`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caster:
    """Who looks at the cast or changes it."""

    viewer: Viewer
    role_ids: Collection[int]

    @property
    def guild_id(self) -> int:
        return self.viewer.guild_id

    @property
    def member_id(self) -> int:
        return self.viewer.member_id

    def may_name(self, member: CastMember) -> bool:
        return member.may_be_named_by(self.member_id, self.role_ids, is_moderator=self.viewer.is_moderator)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """What a member typed and uploaded for a new character or style."""

    name: str
    kind: CastKind = CastKind.CHARACTER
    look: str = ""
    pictures: int = 0
    """How many were given."""
    voice_id: str = ""
    model: str = ""
    aspect_ratio: str = ""
    audience: Audience = Audience.EVERYONE
    role_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ServerCast:
    """Lists and changes the cast. What a member may not use is as what is not there."""

    store: Store
    keep: KeepPictures
    clock: Clock

    async def of(self, caster: Caster) -> list[CastMember]:
        """Return what the member may use, by name: characters, then styles."""
        found = [each for each in await self.store.cast.all(caster.guild_id) if caster.may_name(each)]
        return found + await self._starters(caster.guild_id, found)

    async def _starters(self, guild_id: int, own: Sequence[CastMember]) -> list[CastMember]:
        """Return the styles that come with the bot, without those named as one of its own."""
        if not (await self.store.settings.get(guild_id)).starter_styles:
            return []
        taken = {name_key(each.name) for each in own}
        return [each for each in starter_styles(guild_id) if name_key(each.name) not in taken]

    async def get(self, caster: Caster, member_id: str) -> CastMember:
        """Return one that the member may use. Raises InputError without."""
        if member_id.startswith(PREFIX):
            member = next(found_styles(caster.guild_id, frozenset(), frozenset({member_id})), None)
        else:
            member = await self.store.cast.get(caster.guild_id, member_id)
        if member is None or not caster.may_name(member):
            raise InputError(GONE)
        return member

    async def completed(self, caster: Caster, typed: str, *, styles: bool, most: int) -> list[str]:
        """Return what the typed names may become: those, and one more that begins with or contains the rest.

        `styles`: one style, instead of several of the whole cast.
        """
        *before, last = [typed.strip()] if styles else [each.strip() for each in typed.rsplit(",", PLAYERS_MAX)]
        chosen = {name_key(cleaned_name(each)) for each in before}
        wanted = name_key(cleaned_name(last))

        def fits(each: CastMember) -> bool:
            is_offered = caster.may_name(each) and (each.kind is CastKind.STYLE or not styles)
            return is_offered and wanted in name_key(each.name) and name_key(each.name) not in chosen

        left = list(islice(filter(fits, await self.store.cast.matching(caster.guild_id, wanted)), most))
        left += filter(fits, await self._starters(caster.guild_id, left))
        left.sort(key=lambda each: (not name_key(each.name).startswith(wanted), each.kind, name_key(each.name)))
        return [", ".join([*filter(None, before), each.name]) for each in left[:most]]

    async def add(self, caster: Caster, new: NewMember, links: FindLinks, *, commands: Collection[str]) -> CastMember:
        """Add one, with its pictures posted; `links` checks those. `commands`: names that it can't have.

        The member's own one of that name gets the pictures if it has none: its sheet is made after its words.

        Raises InputError, Refused or a MediaError, with nothing added.
        """
        name, look = self._name(new.name, commands), self._look(new.look)
        if new.pictures > PICTURES_MAX:
            raise InputError(LIST_FULL(most=PICTURES_MAX), "image")
        if not new.pictures and not look:
            raise InputError(texts.NOTHING_GIVEN, "look")
        for known in await self.store.cast.find(caster.guild_id, keys=[name_key(name)]):
            if new.pictures and not known.pictures and known.made_by == caster.member_id and known.kind is new.kind:
                await self.set_pictures(caster, known.id, new.pictures, links)
                return await self.get(caster, known.id)
            raise InputError(texts.NAME_TAKEN(name=name), "name")
        member = CastMember(
            id=new_id(),
            guild_id=caster.guild_id,
            kind=new.kind,
            name=name,
            look=look,
            voice_id=clean_text(new.voice_id),
            model=clean_text(new.model),
            aspect_ratio=clean_text(new.aspect_ratio),
            audience=new.audience,
            role_ids=new.role_ids,
            made_by=caster.member_id,
            made_at=self.clock.wall(),
        )
        if new.pictures:
            member = await self.keep(member, links)
        _require_done(await self.store.cast.add(member), name)
        return member

    async def describe(
        self, caster: Caster, member_id: str, *, name: str, look: str, commands: Collection[str], **facts: str
    ) -> None:
        """Set its name and look; `facts`: its `voice_id`, or a style's `model` and `aspect_ratio`, '' for none.

        Raises InputError or Refused, as every change here.
        """
        said: dict[str, Any] = {key: clean_text(each) for key, each in facts.items()}
        said |= {"name": self._name(name, commands), "look": self._look(look)}

        def described(was: CastMember) -> CastMember:
            if not said["look"] and not was.pictures:
                raise InputError(texts.NOTHING_GIVEN, "look")
            return replace(was, **said)

        await self._change(caster, member_id, described)

    async def give_voice(self, caster: Caster, member_id: str, voice_id: str) -> None:
        """Set a character's voice for narrations; the same voice again removes it."""
        await self._change(
            caster, member_id, lambda was: replace(was, voice_id="" if was.voice_id == voice_id else voice_id)
        )

    async def speakers(self, caster: Caster) -> list[CastMember]:
        """Return the characters whose voice the member may choose, newest first."""
        found = [each for each in await self.store.cast.all(caster.guild_id) if _may_change(caster, each)]
        return sorted((each for each in found if each.kind is CastKind.CHARACTER), key=lambda each: -each.made_at)

    async def show_to(
        self, caster: Caster, member_id: str, audience: Audience, role_ids: frozenset[int] = frozenset()
    ) -> None:
        await self._change(caster, member_id, lambda was: replace(was, audience=audience, role_ids=role_ids))

    async def lock(self, caster: Caster, member_id: str, *, locked: bool) -> None:
        """Let only moderators change it, or its maker again. Raises Refused for others."""
        if not caster.viewer.is_moderator:
            raise Refused(MODERATORS_ONLY)
        await self._change(caster, member_id, lambda was: replace(was, locked=locked))

    async def set_pictures(self, caster: Caster, member_id: str, count: int, links: FindLinks) -> None:
        """Replace its pictures by so many others; `links` checks those. Raises a MediaError, too."""
        if not 1 <= count <= PICTURES_MAX:
            raise InputError(LIST_FULL(most=PICTURES_MAX), "image")
        member = await self.get(caster, member_id)
        _require_changeable(caster, member)
        kept = await self.keep(member, links)

        def moved(was: CastMember) -> CastMember:
            return replace(was, channel_id=kept.channel_id, message_id=kept.message_id, pictures=kept.pictures)

        await self._change(caster, member_id, moved)

    async def remove(self, caster: Caster, member_id: str) -> CastMember:
        """Remove one, and return it. Its pictures are deleted soon."""
        member = await self.get(caster, member_id)
        _require_changeable(caster, member)

        def record(gone: CastMember | None) -> Record | None:
            if gone is None:
                return None
            return _line(caster, gone, lambda who, name: texts.REMOVED(who=who, name=name))

        gone = await self.store.cast.remove(caster.guild_id, member_id, record=record)
        if gone is None:
            raise InputError(GONE)
        return gone

    async def _change(self, caster: Caster, member_id: str, change: Callable[[CastMember], CastMember]) -> None:
        seen: list[tuple[CastMember, CastMember]] = []

        def changed(was: CastMember) -> CastMember:
            if not caster.may_name(was):
                raise InputError(GONE)
            _require_changeable(caster, was)
            seen[:] = [(was, change(was))]
            return seen[0][1]

        def record(outcome: CastOutcome) -> Record | None:
            was, new = seen[0] if outcome is CastOutcome.DONE else (None, None)
            if was is None or new is None:
                return None
            if was.name == new.name:
                return _line(caster, new, lambda who, name: texts.CHANGED(who=who, name=name))
            return _line(caster, new, lambda who, name: texts.RENAMED(who=who, old=harmless(was.name), name=name))

        outcome = await self.store.cast.change(caster.guild_id, member_id, changed, record=record)
        _require_done(outcome, seen[0][1].name if seen else "")

    @staticmethod
    def _name(typed: str, commands: Collection[str]) -> str:
        name = cleaned_name(clean_text(typed))
        fault = name_fault(name)
        if fault == "reserved" or name_key(name) in commands:
            raise InputError(texts.NAME_TAKEN(name=name), "name")
        if fault is not None:
            raise InputError(texts.NAME_FITS(most=NAME_CHARS), "name")
        return name

    @staticmethod
    def _look(typed: str) -> str:
        look = one_line(clean_text(typed))
        if len(look) > LOOK_CHARS:
            raise InputError(text_too_long("look", LOOK_CHARS, len(look)), "look")
        return look


def _may_change(caster: Caster, member: CastMember) -> bool:
    return member.may_be_changed_by(caster.member_id, is_moderator=caster.viewer.is_moderator)


def _require_changeable(caster: Caster, member: CastMember) -> None:
    if member.made_by == 0:
        raise Refused(texts.STARTER)
    if not _may_change(caster, member):
        raise Refused(MODERATORS_ONLY if member.made_by == caster.member_id else OWNER_ONLY)


def _require_done(outcome: CastOutcome, name: str) -> None:
    if outcome is CastOutcome.NAME_TAKEN:
        raise InputError(texts.NAME_TAKEN(name=name), "name")
    if outcome is CastOutcome.TOO_MANY:
        raise InputError(LIST_FULL(most=CAST_MAX), "name")
    if outcome is CastOutcome.GONE:
        raise InputError(GONE)


def _line(caster: Caster, member: CastMember, text: Callable[[int, str], str]) -> Record | None:
    """Return the record's line of a moderator's act; what members do with their own is no act of moderation."""
    if member.made_by == caster.member_id:
        return None
    said = text(caster.member_id, harmless(member.name))
    return Record(kind="cast", text=said, by_id=caster.member_id, about={"cast": member.id})
