"""How every generation gets into intake, whether a command, a form, a control or a reaction requests it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.catalogue import Field, LiveCatalogue, Operation
from bot.catalogue.cautions import needed_key
from bot.domain.guild_rules import Spoilers
from bot.errors import FieldsMissing, Refused
from bot.generation import texts
from bot.generation.files import with_files
from bot.generation.generation import Generation
from bot.generation.lacking import described_as_needed, lacking
from bot.generation.sources import Sources
from bot.generation.steps import card_spec, job_specs
from bot.guild.operation_switches import OperationSwitches
from bot.jobs.admission import Admission, is_surely_unchecked
from bot.jobs.card_spec import Origin
from bot.jobs.intake import Accepted, JobService, Unconfirmed
from bot.jobs.what_is_left import WhatIsLeft
from bot.runtime.clock import Clock
from bot.store import Store

DRAFT_LIFE_S = 15 * 60.0
"""How long a price may be confirmed: as long as Discord lets the ephemeral message be answered."""

_OF_INCOMPLETE = frozenset({"lacks", "sentence"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A price, in credits, that is to be confirmed first. Nothing is held; the draft keeps the generation.

    `basis` and `seen` are as in Estimate: of what is not known, if anything is. `left`: what the member has left.
    `may_pay_twice`: an earlier attempt may have been charged already, to which a yes agrees, as to the `cautions`,
    which are sentences.
    """

    draft_id: str
    price: Decimal
    basis: str
    seen: tuple[Decimal, Decimal] | None
    left: WhatIsLeft | None
    may_pay_twice: bool
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """A generation that lacks required fields, its files filled in. `sentence` says so; nothing is stored or held."""

    generation: Generation
    sentence: str
    fields: Sequence[Field]


class Generations:
    """Turns generations into accepted cards."""

    def __init__(
        self,
        *,
        catalogue: LiveCatalogue,
        switches: OperationSwitches,
        sources: Sources,
        admission: Admission,
        jobs: JobService,
        store: Store,
        clock: Clock,
    ) -> None:
        self._catalogue = catalogue
        self._switches = switches
        self._sources = sources
        self._admission = admission
        self._jobs = jobs
        self._store = store
        self._clock = clock

    def require_on(self, guild_id: int, generation: Generation) -> None:
        """Raise Refused if the generation's operation is switched off here, InputError if it does not exist."""
        self._switches.require_on(guild_id, self._operation(generation))

    @staticmethod
    def is_slow(generation: Generation) -> bool:
        """Whether it may take longer than Discord waits for an answer: files are checked.

        A price that is fetched takes half of that time at most, and seldom any (bot/guild/estimate_tool.py).
        """
        return bool(generation.files)

    async def require_admitted(self, generation: Generation, origin: Origin) -> None:
        """Raise what `accept` would raise whatever the files are, before anybody waits for a look at them.

        Raises InputError, Refused or KeyRefused.
        """
        self._sources.pace.require_few(len(generation.files))
        steps = job_specs(self._catalogue.current, generation)
        await self._admission.require(
            origin,
            [step.operation for step in steps],
            unchecked=any(is_surely_unchecked(step.input) for step in steps),
            asked=generation.asked,
        )

    async def accept(self, generation: Generation, origin: Origin) -> Accepted:
        """Check the files, then check, price and store the jobs, with the credits held. Nothing is submitted yet.

        Raises InputError, a MediaError, Refused, KeyRefused or Unconfirmed; then nothing is stored and nothing held.
        """
        return await self._accept(await self._with_files(generation, origin), origin)

    async def accept_or_quote(self, generation: Generation, origin: Origin) -> Accepted | Quote | Incomplete:
        """Like `accept`; if something must be confirmed first, save a draft and return that instead.

        Also returns what its last step lacks, rather than raising it.
        """
        generation = await self._with_files(generation, origin)
        try:
            return await self._accept(generation, origin)
        except FieldsMissing as missing:
            fields = lacking(self._operation(generation), missing.fields)
            if generation.before or generation.label or not fields:
                raise
            return Incomplete(generation=generation, sentence=missing.sentence, fields=fields)
        except Unconfirmed as unconfirmed:
            if (incomplete := self._to_fill_in(generation, unconfirmed)) is not None:
                return incomplete
            draft = replace(
                generation,
                may_pay_twice=generation.may_pay_twice or unconfirmed.may_pay_twice,
                accepted=[*generation.accepted, *(each.key for each in unconfirmed.cautions)],
            )
            draft_id = await self._store.drafts.keep(
                origin.guild_id,
                origin.author_id,
                draft.to_draft(unconfirmed.shown),
                expires_at=self._clock.wall() + DRAFT_LIFE_S,
            )
            return Quote(
                draft_id=draft_id,
                price=unconfirmed.shown.credits,
                basis=unconfirmed.basis,
                seen=unconfirmed.seen,
                left=unconfirmed.left,
                may_pay_twice=unconfirmed.may_pay_twice,
                cautions=tuple(each.sentence for each in unconfirmed.cautions),
            )

    def _to_fill_in(self, generation: Generation, unconfirmed: Unconfirmed) -> Incomplete | None:
        """Return what a form asks for, to be filled in or left empty, not a doubt that nobody can resolve."""
        operation = self._operation(generation)
        names = described_as_needed(operation, unconfirmed.cautions)
        if generation.before or generation.label or not names:
            return None
        keys = [needed_key(operation, name) for name in names]
        accepted = replace(generation, accepted=[*generation.accepted, *keys])
        sentence = next(each.sentence for each in unconfirmed.cautions if each.key in keys)
        return Incomplete(generation=accepted, sentence=sentence, fields=lacking(operation, names, keys))

    async def take_draft(self, guild_id: int, member_id: int, draft_id: str) -> Generation | None:
        """Return a quoted generation as confirmed by its author, and delete the draft; only the first call gets it.

        None if the draft is somebody else's, was already used, or has expired.
        """
        data = await self._store.drafts.take(guild_id, member_id, draft_id)
        is_whole = data is not None and "operation" in data and "lacks" not in data
        return Generation.from_draft(data) if data is not None and is_whole else None

    async def keep_incomplete(self, incomplete: Incomplete, guild_id: int, member_id: int) -> str:
        """Save a draft of what lacks fields, and return its id; `incomplete` returns it as often as it is wanted."""
        names = [field.name for field in incomplete.fields]
        data = incomplete.generation.to_draft() | {"lacks": names, "sentence": incomplete.sentence}
        return await self._store.drafts.keep(guild_id, member_id, data, expires_at=self._clock.wall() + DRAFT_LIFE_S)

    async def incomplete(self, guild_id: int, member_id: int, draft_id: str) -> Incomplete | None:
        """Return what `keep_incomplete` has saved; None if it is somebody else's or has expired."""
        data = await self._store.drafts.get(guild_id, member_id, draft_id)
        if data is None or "lacks" not in data:
            return None
        generation = Generation.from_draft({key: each for key, each in data.items() if key not in _OF_INCOMPLETE})
        fields = lacking(self._operation(generation), data["lacks"], generation.accepted)
        return Incomplete(generation=generation, sentence=data["sentence"], fields=fields)

    async def _with_files(self, generation: Generation, origin: Origin) -> Generation:
        self.require_on(origin.guild_id, generation)
        if not generation.files:
            return generation
        await self.require_admitted(generation, origin)
        operation = self._operation(generation)
        async with self._sources.pace.request(origin.author_id, len(generation.files)):
            return await with_files(generation, operation, self._sources, origin.viewer)

    def _operation(self, generation: Generation) -> Operation:
        catalogue, key = self._catalogue.current, generation.operation
        return catalogue.resolve_raw(key) if generation.raw else catalogue.resolve(key)

    async def _accept(self, generation: Generation, origin: Origin) -> Accepted:
        spoiler = await self._is_spoiler(generation, origin.guild_id)
        spec = card_spec(self._catalogue.current, replace(generation, spoiler=spoiler), origin)
        return await self._jobs.accept(spec)

    async def _is_spoiler(self, generation: Generation, guild_id: int) -> bool:
        """Whether its files are marked as spoilers, as the server's rule is now; what is made of one is one.

        Raises Refused where somebody wants it and the server does not.
        """
        rule = (await self._store.settings.get(guild_id)).spoilers
        if generation.spoiler and rule is Spoilers.NOBODY:
            raise Refused(texts.SPOILERS_OFF)
        if rule is not Spoilers.AUTHOR or generation.spoiler or generation.parent_id is None:
            return generation.spoiler or rule is Spoilers.ALWAYS
        parent = await self._store.jobs.get(guild_id, generation.parent_id)
        card = None if parent is None else await self._store.cards.get(guild_id, parent.card_id)
        return card is not None and card.spoiler
