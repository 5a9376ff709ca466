"""What a request has to pass before its price is known: operations, inputs, words and the key.

Admission also asks early whether the member may spend anything, before the files they name are checked; the binding
decision is made by the same functions inside the transaction that holds the credits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.unavailable import UnavailableOperations
from bot.catalogue import Field, FieldKind, LiveCatalogue, Operation, model_id
from bot.catalogue.checks.cautions import with_end
from bot.catalogue.checks.values import clean_text
from bot.catalogue.fields import MODEL, VOICE
from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin
from bot.domain.models import JOBS_PER_CARD
from bot.domain.money.spend_request import LEAST, TYPED, Consent, SpendItem, SpendRequest
from bot.domain.money.spending_policy import admit
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import SAFETY_SWITCH
from bot.domain.texts import TOO_MANY_JOBS
from bot.domain.words.cast import Casting
from bot.domain.words.templates import Template, words_in
from bot.domain.words.text import WordList
from bot.errors import InputError, KeyRefused, Refused
from bot.jobs import texts
from bot.moderation.alerts import Alerts
from bot.prices.pricing import CheckedJob
from bot.runtime.clock import Clock
from bot.server.community.own_accounts import Payers
from bot.server.operations import OperationSwitches
from bot.store import Store


def is_surely_unchecked(values: Mapping[str, Any]) -> bool:
    """Whether a member's raw input switches the safety check off."""
    return values.get(SAFETY_SWITCH) is False


def with_defaults(operation: Operation, step: JobSpec, rules: Rules, voice: str) -> Mapping[str, Any]:
    """Return the step's input with the server's defaults and a voice ('': none), and the model as an id."""
    names = operation.names - step.fill.keys()
    given = dict(step.input)
    model = given.get(MODEL) or rules.default_models.get(operation.id)
    if MODEL in names and isinstance(model, str):
        given[MODEL] = model_id(operation, clean_text(model))
    if VOICE in names and not given.get(VOICE) and voice and VOICE not in step.derivation.casting.added:
        given[VOICE] = voice
    return given


@dataclass(frozen=True, kw_only=True)
class RequestGate:
    """What every request has to pass before its price is known. Nothing is spent, stored or sent here."""

    keys: ApiKeys
    unavailable: UnavailableOperations
    catalogue: LiveCatalogue
    switches: OperationSwitches
    clock: Clock

    def require_on(self, guild_id: int, operations: Sequence[str]) -> list[Operation]:
        """Return the operations. Raises InputError for an unknown one, Refused for one that is off here."""
        found = [self.catalogue.current.resolve_raw(each) for each in operations]
        for operation in found:
            self.switches.require_on(guild_id, operation)
        return found

    async def key(self, payer_id: int, operations: Sequence[Operation], *, own: bool = False) -> UsableKey:
        """Return the key of a guild, or with `own` of a member, for these operations.

        Raises NoKey, KeyRefused, and Refused for an operation its account lacks.
        """
        key = await self.keys.of_payer(payer_id, own=own)
        if key.refused:
            raise KeyRefused(texts.OWN_KEY_REFUSED if own else texts.KEY_REFUSED)
        for operation in operations:
            self.unavailable.require_available(payer_id, key, operation)
        return key

    async def checked(self, spec: CardSpec, rules: Rules, *, voice: str) -> list[CheckedJob]:
        """Return the steps with their wire inputs, judged by the word list. Raises InputError or Refused."""
        if not 1 <= len(spec.steps) <= JOBS_PER_CARD:
            raise InputError(TOO_MANY_JOBS(most=JOBS_PER_CARD, count=len(spec.steps)), "count")
        self.require_on(spec.guild_id, [step.operation for step in spec.steps])
        jobs = [self._checked(spec, number, rules, voice) for number in range(1, len(spec.steps) + 1)]
        return [await judged(job, rules.words) for job in jobs]

    def _checked(self, spec: CardSpec, number: int, rules: Rules, voice: str) -> CheckedJob:
        catalogue, step = self.catalogue.current, spec.steps[number - 1]
        operation = catalogue.resolve_raw(step.operation) if step.raw else catalogue.resolve(step.operation)
        try:
            if step.raw:
                wire_input, cautions = catalogue.check_raw(step.operation, step.input)
            else:
                given = with_defaults(operation, step, rules, voice)
                pending = {*step.fill, *step.derivation.orders, *step.derivation.casting.added}
                wire_input = catalogue.check(step.operation, given, pending=pending, extra=step.extra)
                cautions = catalogue.cautions(step.operation, wire_input, pending=pending)
        except InputError as error:
            if not spec.label:
                raise
            raise InputError(texts.IN_STEP(number=number, sentence=error.sentence), error.field) from error
        cautions = with_end(cautions, operation, wire_input, self.clock.wall())
        return CheckedJob(spec=step, operation=operation, input=wire_input, cautions=cautions)


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Refuses early: nothing is fetched, stored or held for a refused member."""

    store: Store
    gate: RequestGate
    alerts: Alerts
    payers: Payers

    async def require(
        self, origin: Origin, operations: Sequence[str], *, unchecked: bool = False, consent: Consent = TYPED
    ) -> None:
        """Raise what intake would raise regardless of files and price.

        `operations`: () if unknown yet; `unchecked`: a job has the provider's safety check off.
        Raises InputError, Refused, NoKey or KeyRefused.
        """
        found = self.gate.require_on(origin.guild_id, operations)
        own = await self.payers.pays_own(origin, consent) or False
        payer_id = origin.author_id if own else origin.guild_id
        key = await self.gate.key(payer_id, found, own=own)
        items = [_least(each, unchecked=unchecked) for each in found]
        request = SpendRequest.of(origin.spender, items, key, consent=consent)
        try:
            await self._judge(request, origin.guild_id)
        except Refused as error:
            if own:
                raise
            if error.reason == "limit":
                await self.alerts.tell_limits(origin.guild_id, request)
            if found:
                await self.alerts.refused(origin.guild_id, origin.author_id, found[-1].id, error)
            raise

    async def _judge(self, request: SpendRequest, guild_id: int) -> None:
        await self.store.spending.view(guild_id, request.spender.member_id, partial(admit, request), own=request.own)


def _least(operation: Operation, *, unchecked: bool) -> SpendItem:
    return SpendItem(
        operation=operation.id,
        title=operation.title,
        credits=LEAST if operation.fixed_credits is None else operation.fixed_credits,
        exact=operation.fixed_credits is not None,
        known=operation.fixed_credits is not None,
        unchecked=unchecked,
    )


_LINKS = frozenset({FieldKind.URL, FieldKind.URLS})


async def judged(job: CheckedJob, words: Sequence[str]) -> CheckedJob:
    """Return the job with the word list's verdict. Slow: call it outside transactions."""
    is_forbidden = await has_forbidden_word(words, job.operation.fields, job.input, job.spec.fill)
    is_forbidden = is_forbidden or await has_forbidden_look(words, job.spec.derivation.casting)
    return replace(job, has_forbidden_word=is_forbidden)


async def has_forbidden_word(
    words: Sequence[str], fields: Sequence[Field], values: Mapping[str, Any], fill: Mapping[str, Template]
) -> bool:
    """Whether a text that is sent, or its template, contains one of `words`.

    Links to a job's files are skipped. Yields to the event loop after each text.
    """
    forbidden = WordList.of(words)
    for text in (*_texts(values, fields), *_texts_of_templates(fill, fields)) if words else ():
        if forbidden.first_in([text]) is not None:
            return True
        await asyncio.sleep(0)
    return False


async def has_forbidden_look(words: Sequence[str], casting: Casting) -> bool:
    """Whether what the cast adds to the prompt contains one of `words`."""
    return bool(casting.words) and await has_forbidden_word(words, (), {"": casting.words}, {})


def _texts(value: object, fields: Sequence[Field]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        known = {each.name: each for each in fields}
        for name, inner in value.items():
            field = known.get(name)
            if field is None:
                yield name
                yield from _texts(inner, ())
            elif field.kind not in _LINKS:
                yield from _texts(inner, field.item_fields)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, fields)


def _texts_of_templates(fill: Mapping[str, Template], fields: Sequence[Field]) -> Iterator[str]:
    links = {each.name for each in fields if each.kind in _LINKS}
    for name, template in fill.items():
        if name not in links:
            yield from words_in(template)
