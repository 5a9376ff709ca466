"""Who plays in a request: the names in its prompts and its option, and what they add to each job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue import Caution, Field, FieldKind, LiveCatalogue, Operation
from bot.catalogue.catalogue import kinds_of
from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import MediaKind
from bot.domain.server.places import Viewer
from bot.domain.words.cast import (
    NAME_CHARS,
    NO_CAST,
    PLAYERS_MAX,
    REFERENCES_MAX,
    Audience,
    Casting,
    CastKind,
    CastMember,
    Player,
    marked_in,
    name_key,
    players_in,
    shared_out,
)
from bot.domain.words.orders import words_of
from bot.domain.words.templates import steps_in
from bot.domain.words.text import harmless_within
from bot.errors import InputError
from bot.language import Text
from bot.server.cast import texts
from bot.server.cast.styles import found_styles
from bot.store import Store

PROMPT: Final = "prompt"
VOICE: Final = "voice_id"
STYLE: Final = "style"
"""The field for a look in the member's own words, which may name a style of the cast."""
_VISUAL: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})
_OF_STYLE: Final = ("model", "aspect_ratio")


PictureLinks = Callable[[CastMember], Awaitable[Sequence[str]]]
"""Returns fresh links to its pictures, () if Discord no longer has them. Raises MediaUnreachable without an answer."""


def may_name(viewer: Viewer, member: CastMember) -> bool:
    if viewer.is_moderator or viewer.member_id == member.made_by or member.audience is Audience.EVERYONE:
        return True
    return member.audience is Audience.ROLES and not member.role_ids.isdisjoint(viewer.role_ids)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that may have a cast: its operation, and whom it names."""

    operation: Operation
    marked: Sequence[Sequence[str]]
    """What may be a name in its prompt."""
    casting: Casting
    """As it was requested, or of the job that it repeats."""

    def names(self) -> Iterator[str]:
        yield from (name_key(text) for texts in self.marked for text in texts)
        yield from map(name_key, filter(None, (*self.casting.asked, self.casting.style)))


@dataclass(frozen=True, kw_only=True)
class Casts:
    """Casts requests. Nothing is stored."""

    store: Store
    catalogue: LiveCatalogue
    links: PictureLinks

    async def cast(self, spec: CardSpec) -> tuple[CardSpec, list[Caution]]:
        """Return the request with who plays in it, and what its author has to accept first.

        Without a name, that is the same request, and nothing is read. Raises InputError for a name in the option that
        the author can't use, or too many names, and MediaUnreachable if Discord does not answer.
        """
        steps = [self._step(each, spec.steps) for each in spec.steps]
        keys = frozenset(key for each in steps if each is not None for key in each.names())
        ids = frozenset(known.id for each in steps if each is not None for known in each.casting.players)
        if not keys and not ids:
            return spec, []
        found = await self.store.cast.find(spec.guild_id, keys=keys, ids=ids)
        if (await self.store.settings.get(spec.guild_id)).starter_styles:
            taken = {name_key(each.name) for each in found}
            found += list(found_styles(spec.guild_id, keys - taken, ids))
        usable = [each for each in found if may_name(spec.origin.viewer, each)]
        cautions: list[Caution] = []
        made = []
        for step, given in zip(steps, spec.steps, strict=True):
            made.append(given if step is None else await self._cast(step, given, usable, cautions))
        cautions += await self._unknown(spec, filter(None, steps), {name_key(each.name) for each in usable})
        return replace(spec, steps=made), cautions

    def _step(self, given: JobSpec, steps: Sequence[JobSpec]) -> _Step | None:
        """Return the step if a cast can be in it: a retry is sent as it was, a rewriter only gets the words.

        Whose prompt another step writes has the names that this one was given.
        """
        operation = None if given.raw or given.repeats else self.catalogue.current.find(given.operation)
        if operation is None or operation.workflow == "prompt":
            return None
        writers = [steps[index] for index, _ in steps_in(given.fill.get(PROMPT, ""))]
        prompts = [each.input.get(PROMPT) for each in (given, *writers)] if PROMPT in operation.names else []
        marked = [names for each in prompts if isinstance(each, str) for names in marked_in(each)]
        style = given.input.get(STYLE) if _is_shown(operation) else None
        asked = given.derivation.casting
        return _Step(operation, marked, replace(asked, style=style) if isinstance(style, str) else asked)

    async def _cast(
        self, step: _Step, given: JobSpec, usable: Sequence[CastMember], cautions: list[Caution]
    ) -> JobSpec:
        by_key = {name_key(each.name): each for each in usable}
        by_id = {each.id: each for each in usable}
        named, was = players_in(step.marked, by_key), step.casting
        for name in was.asked:
            if name_key(name) not in by_key:
                raise InputError(texts.NO_SUCH_NAME(name=harmless_within(name, NAME_CHARS)), "cast")
        asked = [by_key[key] for key in map(name_key, (*was.asked, was.style)) if key in by_key]
        own_style = "" if name_key(was.style) in by_key or STYLE in given.input else was.style
        if name_key(was.style) in by_key:
            given = replace(given, input={name: each for name, each in given.input.items() if name != STYLE})
        before = [by_id[player.id] for player in was.players if player.id in by_id]
        cautions += [_lost(player) for player in was.players if player.id not in by_id]
        members = list({each.id: each for each in (*named, *asked, *before)}.values())
        if len(members) > PLAYERS_MAX:
            raise InputError(texts.TOO_MANY_NAMES(count=PLAYERS_MAX), "cast")
        if not members and not own_style:
            return given if given.derivation.casting == NO_CAST else _played(given, given.input, NO_CAST)
        return await self._with(members, own_style, step.operation, given, {each.id for each in named}, cautions)

    async def _with(
        self,
        members: Sequence[CastMember],
        style: str,
        operation: Operation,
        given: JobSpec,
        named: Collection[str],
        cautions: list[Caution],
    ) -> JobSpec:
        """Return the step with these players, and add what does not fit to `cautions`."""
        fields = {each.name: each for each in operation.fields}
        values = _styled(members, fields, given)
        added: dict[str, Any] = {}
        words = ""
        if _is_shown(operation):
            numbers = await self._pictures(members, fields, values, given, added)
            words = words_of(members, numbers, named=named, style=style)
            left = [each for each in members if each.pictures and each.id not in numbers]
            gone = [each for each in members if each.id in numbers and not numbers[each.id]]
            cautions += _about("images", operation, left, texts.NO_IMAGES_TAKEN)
            cautions += _about("lost", operation, gone, texts.IMAGES_LOST)
        elif VOICE in fields:
            cautions += _voiced(members, operation, values, added)
        elif not given.fill:  # else it works on what a step before shows
            cautions += _about("none", operation, members, texts.NOTHING_TAKEN)
            return _played(given, values, NO_CAST)
        players = tuple(
            Player(id=each.id, name=each.name, is_open=each.audience is Audience.EVERYONE) for each in members
        )
        return _played(given, values, Casting(players=players, words=words, added=MappingProxyType(added)))

    async def _pictures(
        self,
        members: Sequence[CastMember],
        fields: Mapping[str, Field],
        values: Mapping[str, Any],
        given: JobSpec,
        added: dict[str, Any],
    ) -> dict[str, range]:
        """Add the pictures to the field that takes them; return each one's numbers in it, none for lost ones."""
        field = _picture_field(fields, {*values, *given.fill})
        if field is None:
            return {}
        is_list = field.kind is FieldKind.URLS
        number = len(values.get(field.name) or ()) + 1
        share = shared_out(members, REFERENCES_MAX + 1 - number if is_list else 1)
        wanted = [each for each in members if share[each.id]]
        numbers: dict[str, range] = {}
        links: list[str] = []
        for each, found in zip(wanted, await asyncio.gather(*map(self.links, wanted)), strict=True):
            links += found[: share[each.id]]
            numbers[each.id] = range(number, number := number + min(share[each.id], len(found)))
        if links:
            added[field.name] = links if is_list else links[0]
        return numbers

    async def _unknown(self, spec: CardSpec, steps: Iterable[_Step], usable: Collection[str]) -> list[Caution]:
        """Return a caution for each name behind an `@` that is none of these keys, where the server has a cast."""
        marked = [names for step in steps for names in step.marked if names]
        missed = {
            name_key(names[0]): names[0] for names in marked if not any(name_key(each) in usable for each in names)
        }
        if not missed:
            return []
        known = [each.name for each in await self.store.cast.all(spec.guild_id) if may_name(spec.origin.viewer, each)]
        return [_not_known(key, name, known) for key, name in missed.items()] if known else []


def _voiced(
    members: Sequence[CastMember], operation: Operation, values: Mapping[str, Any], added: dict[str, Any]
) -> list[Caution]:
    characters = [each for each in members if each.kind is CastKind.CHARACTER]
    speaker = next((each for each in characters if each.voice_id), None)
    if speaker is None:
        return _about("voice", operation, characters, texts.NO_VOICE)
    if not values.get(VOICE):
        added[VOICE] = speaker.voice_id
    others = [each.name for each in members if each is not speaker]
    sentence = texts.ONE_VOICE(operation=operation.title, name=speaker.name, others=others)
    return [Caution(f"cast:voices:{operation.id}:{speaker.id}", sentence)] if others else []


def _is_shown(operation: Operation) -> bool:
    """Whether it shows what its prompt says: a video with new sounds shows no one new."""
    kinds = {each.kind for each in operation.outputs}
    return PROMPT in operation.names and bool(kinds) and kinds <= _VISUAL


def _played(given: JobSpec, values: Mapping[str, Any], casting: Casting) -> JobSpec:
    return replace(given, input=values, derivation=replace(given.derivation, casting=casting))


def _picture_field(fields: Mapping[str, Field], given: Collection[str]) -> Field | None:
    """Return the field for reference pictures: a list of them, else a single one that is still empty."""
    taking = [each for each in fields.values() if MediaKind.IMAGE in kinds_of(each)]
    lists = [each for each in taking if each.kind is FieldKind.URLS]
    free = [each for each in taking if each.kind is FieldKind.URL and each.name not in given]
    return next(iter((*lists, *free)), None)


def _styled(members: Sequence[CastMember], fields: Mapping[str, Field], given: JobSpec) -> Mapping[str, Any]:
    """Return the step's input with what its styles say of the model and the ratio, where the author said nothing."""
    values = dict(given.input)
    for each in members:
        for name in _OF_STYLE:
            value = getattr(each, name)
            if value and name in fields and not values.get(name) and name not in given.fill:
                values[name] = value
    return values


def _about(key: str, operation: Operation, members: Sequence[CastMember], text: Text) -> list[Caution]:
    ids = ",".join(sorted(each.id for each in members))
    sentence = text(operation=operation.title, names=[each.name for each in members])
    return [Caution(f"cast:{key}:{operation.id}:{ids}", sentence)] if members else []


def _lost(player: Player) -> Caution:
    sentence = texts.GONE(name=player.name) if player.is_open else str(texts.HIDDEN)
    return Caution(f"cast:gone:{player.id}", sentence)


def _not_known(key: str, name: str, known: Sequence[str]) -> Caution:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    sentence = texts.DID_YOU_MEAN(name=name, near=near[0]) if near else texts.NOT_KNOWN(name=name)
    return Caution(f"cast:unknown:{key}", sentence)
