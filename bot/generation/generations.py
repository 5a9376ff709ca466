"""How every generation gets into intake, from a command, form, control or reaction."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.catalogue import Catalogue, Field, LiveCatalogue, Operation
from bot.catalogue.checks.cautions import needed_key
from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin
from bot.domain.models import MediaKind
from bot.domain.server.guild_rules import Spoilers
from bot.domain.server.places import Viewer
from bot.domain.server.shootouts import ShootoutTerms, kind_of
from bot.domain.texts import EXPIRED, TURNED_OFF
from bot.domain.words.templates import output_of_step
from bot.errors import FieldsMissing, InputError, Refused
from bot.generation import texts
from bot.generation.generation import Generation, SourceFile, described_as_needed, missing_fields
from bot.generation.rewrites import enhancing
from bot.generation.sources import FILMS, LastFrame, Source, Sources, probed
from bot.jobs.admission import Admission, is_surely_unchecked
from bot.jobs.intake import Accepted, JobService, Unconfirmed
from bot.runtime.clock import Clock
from bot.runtime.pace import TokenBucket
from bot.store import Store

SEED_MAX = 2**31 - 1
"""The docs give no range; every known provider accepts at least these."""
PROMPT_OF_STEP_BEFORE = MappingProxyType({"prompt": str(output_of_step(0, "enhancedPrompt"))})
"""Filled in if the card's first step rewrites the prompt."""


def card_spec(catalogue: Catalogue, generation: Generation, origin: Origin) -> CardSpec:
    """Return the generation's card. Its files must be filled in. Raises InputError."""
    steps, minutes = job_specs(catalogue, generation), generation.shootout_minutes
    return CardSpec(
        origin=origin,
        steps=steps,
        private=generation.private,
        spoiler=generation.spoiler,
        parent_id=generation.parent_id,
        label=generation.label,
        consent=generation.consent,
        sample_of=generation.sample_of,
        shootout=_terms(catalogue, steps[0], minutes) if minutes else None,
    )


def _terms(catalogue: Catalogue, step: JobSpec, minutes: int) -> ShootoutTerms:
    is_video = catalogue.resolve(step.operation).workflow == "video"
    return ShootoutTerms(kind=kind_of(str(step.input.get("prompt", "")), is_video=is_video), minutes=minutes)


def job_specs(catalogue: Catalogue, generation: Generation) -> list[JobSpec]:
    """Return a generation's jobs: with `enhance`, the prompt is rewritten first and the others wait."""
    values = generation.values
    if generation.raw:
        return [JobSpec(operation=generation.operation, input=values, raw=True)]
    operation = catalogue.resolve(generation.operation)
    if generation.enhance:
        rest = JobSpec(
            operation=generation.operation,
            input=values,
            fill=PROMPT_OF_STEP_BEFORE,
            extra=generation.extra,
            derivation=generation.derivation,
        )
        return [enhancing(catalogue, operation, values), *[rest] * generation.count]
    reseed = generation.reseed and "seed" in operation.names
    inputs = [{**values, "seed": _new_seed()} if reseed else values for _ in range(generation.count)]
    jobs = [
        JobSpec(
            operation=operation.id,
            input=each,
            fill=generation.fill,
            repeats=generation.repeats,
            extra=generation.extra,
            derivation=generation.derivation,
        )
        for each in inputs
    ]
    return [*generation.before, *jobs]


def _new_seed() -> int:
    return 1 + secrets.randbelow(SEED_MAX)


async def with_files(
    generation: Generation, operation: Operation, sources: Sources, viewer: Viewer, last_frame: LastFrame
) -> Generation:
    """Return the generation with its files as links among its values, and with what is known of the files.

    Raises InputError or a MediaError.
    """
    values = dict(generation.values)
    found: dict[str, Source] = {}
    derivation = generation.derivation
    for file in generation.files:
        kinds = FILMS if file.last_frame else frozenset(file.by_kind) or _kinds(operation, file)
        source = await sources.find(viewer, file.ref, kinds, file.label)
        if file.last_frame:
            values[file.field or ""] = await last_frame(viewer.guild_id, source)
            continue
        if source.job is not None and not derivation.source_id:
            derivation = replace(derivation, source_id=source.job.id)
        name = file.by_kind.get(source.facts.kind) or file.field or ""
        if file.into_list:
            values[name] = [*values.get(name, ()), source.url]
        else:
            values[name] = source.url
            found[name] = source
    return replace(generation, values={**probed(operation, values, found), **values}, derivation=derivation, files=())


def _kinds(operation: Operation, file: SourceFile) -> frozenset[MediaKind]:
    """Return the kinds that the file's field takes; the command's if the operation's fields are not public."""
    for each in operation.fields:
        if each.name == file.field and each.media:
            return each.media
    return file.kinds


DRAFT_LIFE_S = 15 * 60.0
"""How long a price may be confirmed: Discord's life of the ephemeral message."""

_OF_INCOMPLETE = frozenset({"lacks", "sentence"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is to be confirmed. Nothing is held; the draft keeps the generation, and a yes accepts the terms."""

    draft_id: str
    terms: Unconfirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """A generation that lacks required fields, its files filled in. `sentence` says so; nothing is stored or held."""

    generation: Generation
    sentence: str
    fields: Sequence[Field]


@dataclass(frozen=True, kw_only=True)
class Generations:
    """Turns generations into accepted cards."""

    catalogue: LiveCatalogue
    sources: Sources
    last_frame: LastFrame
    admission: Admission
    jobs: JobService
    store: Store
    clock: Clock

    async def _require_admitted(self, generation: Generation, origin: Origin) -> None:
        """Raise what `accept` would raise regardless of the files, before they are checked.

        Raises InputError, Refused or KeyRefused.
        """
        self.sources.pace.require_few(len(generation.files))
        steps = job_specs(self.catalogue.current, generation)
        if generation.files and not generation.raw:
            self._require_values(generation, steps[-1])
        await self.admission.require(
            origin,
            [step.operation for step in steps],
            unchecked=any(is_surely_unchecked(step.input) for step in steps),
            consent=generation.consent,
        )

    def _require_values(self, generation: Generation, step: JobSpec) -> None:
        """Raise InputError for what was typed beside files, which cost time and another's calls."""
        of_files = {name for file in generation.files for name in (file.field, *file.by_kind.values()) if name}
        pending = {*step.fill, *of_files, *step.derivation.orders, *step.derivation.casting.added}
        with contextlib.suppress(FieldsMissing):
            self.catalogue.current.check(step.operation, step.input, pending=pending, extra=step.extra)

    async def accept(self, generation: Generation, origin: Origin) -> Accepted:
        """Check the files, then check, price and store the jobs, with the credits held. Nothing is submitted yet.

        Raises InputError, a MediaError, Refused, KeyRefused or Unconfirmed, with nothing stored or held.
        """
        return await self._accept(await self._with_files(generation, origin, None), origin)

    async def accept_or_quote(
        self, generation: Generation, origin: Origin, *, defer: Callable[[], Awaitable[None]]
    ) -> Accepted | Quote | Incomplete:
        """Like `accept`, but save and return a draft if something must be confirmed.

        Also returns what its last step lacks, rather than raising it. `defer` is called before files are checked, which
        may exceed Discord's time for an answer; fetching a price takes half of that time at most, and seldom happens
        (bot/prices/estimates.py).
        """
        generation = await self._with_files(generation, origin, defer)
        try:
            return await self._accept(generation, origin)
        except FieldsMissing as missing:
            fields = missing_fields(self._operation(generation), missing.fields)
            if generation.before or generation.label or not fields:
                raise
            return Incomplete(generation=generation, sentence=missing.sentence, fields=fields)
        except Unconfirmed as unconfirmed:
            if (incomplete := self._to_fill_in(generation, unconfirmed)) is not None:
                return incomplete
            keys = [each.key for each in unconfirmed.cautions]
            draft = generation.accepting(keys, may_pay_twice=unconfirmed.may_pay_twice)
            draft_id = await self.store.drafts.keep(
                origin.guild_id,
                origin.author_id,
                draft.to_draft(unconfirmed.shown),
                expires_at=self.clock.wall() + DRAFT_LIFE_S,
            )
            return Quote(draft_id=draft_id, terms=unconfirmed)

    def _to_fill_in(self, generation: Generation, unconfirmed: Unconfirmed) -> Incomplete | None:
        """Return a form's fields, to fill in or leave empty, instead of an unresolvable caution."""
        operation = self._operation(generation)
        names = described_as_needed(operation, unconfirmed.cautions)
        if generation.before or generation.label or not names:
            return None
        keys = [needed_key(operation, name) for name in names]
        sentence = next(each.sentence for each in unconfirmed.cautions if each.key in keys)
        fields = missing_fields(operation, names, keys)
        return Incomplete(generation=generation.accepting(keys), sentence=sentence, fields=fields)

    async def keep(self, generation: Generation, guild_id: int, member_id: int) -> str:
        """Save a generation as a draft, with what was agreed to, and return its id."""
        draft, expires_at = generation.to_draft(generation.consent.agreed), self.clock.wall() + DRAFT_LIFE_S
        return await self.store.drafts.keep(guild_id, member_id, draft, expires_at=expires_at)

    async def take_draft(self, guild_id: int, member_id: int, draft_id: str) -> Generation | None:
        """Return a quoted generation as confirmed by its author, and delete the draft; only the first call gets it.

        None if the draft is another member's, used, or expired.
        """
        data = await self.store.drafts.take(guild_id, member_id, draft_id)
        is_whole = data is not None and "operation" in data and "lacks" not in data
        return Generation.from_draft(data) if data is not None and is_whole else None

    async def keep_incomplete(self, incomplete: Incomplete, guild_id: int, member_id: int) -> str:
        """Save a draft of what lacks fields, and return its id; `incomplete` can read it repeatedly."""
        names = [field.name for field in incomplete.fields]
        data = incomplete.generation.to_draft() | {"lacks": names, "sentence": incomplete.sentence}
        return await self.store.drafts.keep(guild_id, member_id, data, expires_at=self.clock.wall() + DRAFT_LIFE_S)

    async def incomplete(self, guild_id: int, member_id: int, draft_id: str) -> Incomplete | None:
        """Return a draft of `keep_incomplete`; None if it is another member's or expired."""
        data = await self.store.drafts.get(guild_id, member_id, draft_id)
        if data is None or "lacks" not in data:
            return None
        generation = Generation.from_draft({key: each for key, each in data.items() if key not in _OF_INCOMPLETE})
        fields = missing_fields(self._operation(generation), data["lacks"], generation.consent.accepted)
        return Incomplete(generation=generation, sentence=data["sentence"], fields=fields)

    async def _with_files(
        self, generation: Generation, origin: Origin, defer: Callable[[], Awaitable[None]] | None
    ) -> Generation:
        if not generation.files:
            return generation
        await self._require_admitted(generation, origin)
        if defer is not None:
            await defer()
        operation = self._operation(generation)
        async with self.sources.pace.request(origin.author_id, len(generation.files)):
            return await with_files(generation, operation, self.sources, origin.viewer, self.last_frame)

    def _operation(self, generation: Generation) -> Operation:
        catalogue, key = self.catalogue.current, generation.operation
        return catalogue.resolve_raw(key) if generation.raw else catalogue.resolve(key)

    async def _accept(self, generation: Generation, origin: Origin) -> Accepted:
        spoiler = await self._is_spoiler(generation, origin.guild_id)
        spec = card_spec(self.catalogue.current, replace(generation, spoiler=spoiler), origin)
        return await self.jobs.accept(spec)

    async def _is_spoiler(self, generation: Generation, guild_id: int) -> bool:
        """Whether its files are spoilers by the server's current rule, or as its source is.

        Raises Refused if a member wants it and the server does not.
        """
        rule = (await self.store.settings.get(guild_id)).spoilers
        if generation.spoiler and rule is Spoilers.NEVER:
            raise Refused(TURNED_OFF(operation="`spoiler`"))
        if rule is not Spoilers.AUTHOR or generation.spoiler or generation.parent_id is None:
            return generation.spoiler or rule is Spoilers.ALWAYS
        parent = await self.store.jobs.get(guild_id, generation.parent_id)
        card = None if parent is None else await self.store.cards.get(guild_id, parent.card_id)
        return card is not None and card.spoiler


KEPT_S = 15 * 60.0
"""How long the question may be asked: Discord's life of the ephemeral refusal."""
ASK_AGAIN_S = 5 * 60.0
"""Minimum time between a member's questions: moderators are few."""


class ModeratorQuestions:
    """Keeps refused generations for members who ask. Nothing is held before they ask."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._asked = TokenBucket(clock, 1, ASK_AGAIN_S)

    async def keep(self, guild_id: int, member_id: int, generation: Generation) -> str | None:
        """Keep a refused generation, and return the id of its question.

        None if no moderator would read it, or it was asked already.
        """
        rules = await self._store.settings.get(guild_id)
        if generation.consent.asked or (rules.approval_channel or rules.log_channel) is None:
            return None
        asked = replace(generation, consent=replace(generation.consent, asked=True))
        draft = asked.to_draft(generation.consent.agreed)
        return await self._store.drafts.keep(guild_id, member_id, draft, expires_at=self._clock.wall() + KEPT_S)

    async def take(self, guild_id: int, member_id: int, draft_id: str) -> Generation:
        """Return the generation, to be accepted as a question to the moderators; only the first call gets it.

        Raises InputError if it is another member's, asked before or expired, Refused if they asked just now.
        """
        if await self._store.drafts.get(guild_id, member_id, draft_id) is None:
            raise InputError(EXPIRED)
        if self._asked.wait_s((guild_id, member_id)):
            raise Refused(texts.ASK_AGAIN_LATER(count=round(ASK_AGAIN_S / 60)))
        data = await self._store.drafts.take(guild_id, member_id, draft_id)
        if data is None:
            raise InputError(EXPIRED)
        return Generation.from_draft(data)
