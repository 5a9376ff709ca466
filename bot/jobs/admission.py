"""Early check whether a member may spend anything, before the files they name are checked.

The binding decision is made by the same functions inside the transaction that holds the credits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.memory import UnavailableOperations
from bot.catalogue import Field, FieldKind, LiveCatalogue, Operation
from bot.domain.jobs.card_spec import Origin
from bot.domain.money.account import of_limits
from bot.domain.money.limit_rules import all_headrooms
from bot.domain.money.spend_request import LEAST, TYPED, Consent, Headroom, SpendItem, SpendRequest
from bot.domain.money.spending_policy import admit
from bot.domain.server.places import SAFETY_SWITCH
from bot.domain.words.templates import Template, words_in
from bot.domain.words.text import WordList
from bot.errors import KeyRefused, Refused
from bot.jobs import texts
from bot.moderation.alerts import Watch
from bot.prices.pricing import CheckedJob, Pricing
from bot.server.operations import OperationSwitches
from bot.store import Spending, Store


def headrooms(request: SpendRequest, spending: Spending) -> tuple[Headroom, ...]:
    """Return what each applicable limit has left without the request; () without a log channel to alert."""
    if spending.rules.log_channel is None:
        return ()
    return all_headrooms(spending.limits, request, spending)


async def tell_refused(store: Store, watch: Watch, guild_id: int, request: SpendRequest) -> None:
    """Alert about limits that are used up, or nearly, after a refusal."""
    left = await store.spending.view(guild_id, request.spender.member_id, lambda spending: headrooms(request, spending))
    watch.tell(guild_id, partial(of_limits, left, request, taken=False))


def is_surely_unchecked(values: Mapping[str, Any]) -> bool:
    """Whether a member's raw input switches the safety check off."""
    return values.get(SAFETY_SWITCH) is False


class KeyGate:
    """Finds the key that pays."""

    def __init__(
        self, keys: ApiKeys, unavailable: UnavailableOperations, *, require_alone: Callable[[], None] = lambda: None
    ) -> None:
        """`require_alone` raises Refused while another copy of the bot runs."""
        self._keys = keys
        self._require_alone = require_alone
        self._unavailable = unavailable

    async def require(self, guild_id: int, operations: Sequence[Operation]) -> UsableKey:
        """Return the guild's key for these operations.

        Raises NoKey, KeyRefused, and Refused for an operation its account lacks, or next to another copy.
        """
        self._require_alone()
        key = await self._keys.for_guild(guild_id)
        if key.refused:
            raise KeyRefused(texts.KEY_REFUSED)
        for operation in operations:
            self._unavailable.require_available(guild_id, key, operation)
        return key


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Refuses early: nothing is fetched, stored or held for a refused member."""

    store: Store
    key_gate: KeyGate
    catalogue: LiveCatalogue
    switches: OperationSwitches
    pricing: Pricing
    watch: Watch

    async def require(
        self, origin: Origin, operations: Sequence[str], *, unchecked: bool = False, consent: Consent = TYPED
    ) -> None:
        """Raise what intake would raise regardless of files and price.

        `operations`: () if unknown yet; `unchecked`: a job has the provider's safety check off.
        Raises InputError, Refused, NoKey or KeyRefused.
        """
        found = [self.catalogue.current.resolve_raw(each) for each in operations]
        for operation in found:
            self.switches.require_on(origin.guild_id, operation)
        key = await self.key_gate.require(origin.guild_id, found)
        items = [_least(each, unchecked=unchecked) for each in found]
        request = SpendRequest.of(origin.spender, items, key, consent=consent)
        try:
            await self._judge(request, origin.guild_id)
        except Refused as error:
            refusal = await self._explained(error, request, found, origin.guild_id, key)
            if refusal.reason == "limit":
                await tell_refused(self.store, self.watch, origin.guild_id, request)
            if found:
                await self.watch.refused(origin.guild_id, origin.author_id, found[-1].id, refusal)
            raise refusal from None

    async def _explained(
        self, error: Refused, request: SpendRequest, operations: Sequence[Operation], guild_id: int, key: UsableKey
    ) -> Refused:
        if error.reason != "limit":
            return error
        prices = [await self.pricing.guess(guild_id, each, key=key) for each in operations]
        items = [replace(item, credits=price) for item, price in zip(request.items, prices, strict=True)]
        try:
            await self._judge(replace(request, items=items), guild_id)
        except Refused as explained:
            return explained
        return error

    async def _judge(self, request: SpendRequest, guild_id: int) -> None:
        await self.store.spending.view(guild_id, request.spender.member_id, partial(admit, request))


def _least(operation: Operation, *, unchecked: bool) -> SpendItem:
    return SpendItem(
        operation=operation.id,
        title=operation.title,
        credits=LEAST if operation.fixed_credits is None else operation.fixed_credits,
        exact=operation.fixed_credits is not None,
        unchecked=unchecked,
    )


_LINKS = frozenset({FieldKind.URL, FieldKind.URLS})


async def judged(job: CheckedJob, words: Sequence[str]) -> CheckedJob:
    """Return the job with the word list's verdict. Slow: call it outside transactions."""
    is_forbidden = await has_forbidden_word(words, job.operation.fields, job.input, job.spec.fill)
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
