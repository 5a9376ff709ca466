"""Estimates of job costs before anything is held, and their basis. All amounts in credits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from bot.account.api_keys import UsableKey
from bot.catalogue import Caution, Operation
from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import UNKNOWN, Estimate
from bot.domain.money.costs import CostSeen, ListedPrice, PriceFactors, PriceList, guessed_hold, known_hold
from bot.domain.money.spend_request import DEFAULT_HOLD, ZERO, SpendItem, SpendRequest
from bot.domain.practice import has_practice_link
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import is_unchecked
from bot.prices.estimates import EstimateTool
from bot.prices.factors import is_graded, learned_hold, model_word, price_factors
from bot.store import Store

HOSTS_LIST = "host's price list"
"""The basis of an estimate from the host's list."""
ListedPrices = Mapping[str, ListedPrice]
"""An operation's prices by model, as in a kind; '' is for all models."""


def highest(
    *,
    estimated: Decimal | None,
    listed: Decimal | None,
    hosted: Decimal | None,
    learned: Decimal | None,
    trusts_list: bool,
) -> Estimate | None:
    """Return the highest known price, None without any.

    Highest, because a list or tool below actual costs would guard nothing. `listed` is from the server's list, `hosted`
    from the host's, which the server's replaces. Without `trusts_list` it does not, and alone makes no price known.
    """
    if listed is not None and trusts_list:
        hosted = None
    if not trusts_list and (estimated, hosted, learned) == (None, None, None):
        return None
    found = [
        Estimate(credits=credits_, basis=basis)
        for credits_, basis in (
            (estimated, "estimate tool"),
            (listed, "price list"),
            (hosted, HOSTS_LIST),
            (learned, "earlier jobs"),
        )
        if credits_ is not None
    ]
    return max(found, key=lambda each: each.credits, default=None)


def by_model(prices: PriceList, operation: Operation) -> ListedPrices:
    return {
        model_word(operation, model) if model else "": price
        for (operation_id, model), price in prices.items()
        if operation_id == operation.id
    }


@dataclass(kw_only=True)
class HostPrices:
    """The host's price list, for servers whose moderators have set none; empty until it is read."""

    lines: PriceList = field(default_factory=dict)
    samples: Mapping[str, Mapping[str, Sequence[CostSeen]]] = field(default_factory=dict)
    """Prices of single inputs, by operation and kind."""

    def take(self, read: HostPrices) -> None:
        self.lines, self.samples = read.lines, read.samples

    def of(self, operation: Operation) -> ListedPrices:
        return by_model(self.lines, operation)

    def price(self, operation: Operation, factors: PriceFactors) -> Decimal | None:
        """Return what such a job costs by its line, else by the samples; None without either."""
        listed = listed_price(self.of(operation), factors)
        return learned_hold(factors, self.samples.get(operation.id, {})) if listed is None else listed


def listed_price(listed: ListedPrices, factors: PriceFactors) -> Decimal | None:
    """Return the list's price of such a job, None if missing or without the needed length."""
    line = listed_line(listed, factors)
    return None if line is None else line.of_job(factors)


def listed_line(listed: ListedPrices, factors: PriceFactors) -> ListedPrice | None:
    """Return the list's line for such a job: its model's, else the operation's."""
    return listed.get(factors.model, listed.get(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedJob:
    """A requested job checked against the catalogue; `input` is in wire form."""

    spec: JobSpec
    operation: Operation
    input: Mapping[str, Any]
    has_forbidden_word: bool = False
    cautions: Sequence[Caution] = ()
    """Doubts that the member must accept first."""

    @property
    def factors(self) -> PriceFactors:
        """What makes its price."""
        return price_factors(self.operation, self.input)

    @property
    def sent_input(self) -> Mapping[str, Any]:
        """Its input as the API gets it, with orders and the cast."""
        return self.spec.derivation.sent(self.input)

    @property
    def has_practice_link(self) -> bool:
        """Whether its input links to a practice file, readable only by the sandbox."""
        return has_practice_link(self.input)


@dataclass(frozen=True)
class Pricing:
    """Estimates prices for guilds."""

    store: Store
    tool: EstimateTool
    hosted: HostPrices

    async def estimate_all(
        self, guild_id: int, jobs: Sequence[CheckedJob], *, rules: Rules, key: UsableKey, parent_id: str | None = None
    ) -> list[Estimate]:
        """Return estimates in job order, made concurrently: the tool's time limit is for all."""
        if any(job.has_forbidden_word for job in jobs):
            rules = replace(rules, estimate_tool=False)  # nothing is sent
        distinct: list[CheckedJob] = []
        places = []
        for job in jobs:
            if not distinct or (job.operation, job.input) != (distinct[-1].operation, distinct[-1].input):
                distinct.append(job)
            places.append(len(distinct) - 1)
        found = await asyncio.gather(
            *(
                self.estimate(guild_id, job.operation, job.input, rules=rules, key=key, parent_id=parent_id)
                for job in distinct
            )
        )
        return [found[place] for place in places]

    async def estimate(
        self,
        guild_id: int,
        operation: Operation,
        values: Mapping[str, Any],
        *,
        rules: Rules,
        key: UsableKey,
        parent_id: str | None = None,
    ) -> Estimate:
        """Return a job's estimated cost; `parent_id` is the job that it repeats or continues.

        A fixed price is certain. Else the highest of Cannon Studio's estimate tool (if enabled), the guild's or host's
        price list, and what earlier jobs on the same key show: a list or tool below actual costs would guard nothing.
        Without any it is a guess; a server's list alone also is, where the host limits spending on their key.
        """
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        factors = price_factors(operation, values)
        seen = await self.store.true_costs.of_kind(guild_id, key.id, operation.id, factors.kind)
        listed = listed_price(by_model(await self.store.prices.all(guild_id), operation), factors)
        found = highest(
            estimated=await self.tool.ask(guild_id, key, operation, values) if rules.estimate_tool else None,
            listed=listed,
            hosted=self.hosted.price(operation, factors),
            learned=await self._learned(guild_id, operation, factors, seen, key, parent_id),
            trusts_list=not key.is_limited,
        )
        if found is not None:
            return found
        costs = await self.store.true_costs.range(guild_id, key.id, operation.id)
        guess = guessed_hold(factors, seen) or (costs[1] if costs else DEFAULT_HOLD)
        return Estimate(credits=max(guess, listed or ZERO), basis=UNKNOWN, seen=costs)

    async def _learned(
        self,
        guild_id: int,
        operation: Operation,
        factors: PriceFactors,
        seen: Sequence[CostSeen],
        key: UsableKey,
        parent_id: str | None,
    ) -> Decimal | None:
        costs = self.store.true_costs
        siblings = (
            [] if parent_id is None else await costs.beside(guild_id, key.id, parent_id, operation.id, factors.kind)
        )
        own = known_hold(factors, seen, siblings)
        if own is not None or not is_graded(factors.kind):
            return own
        found = await costs.all(guild_id, key.id, operation=operation.id)
        return learned_hold(factors, {each.kind: others for each, others in found.items()})

    async def guess(self, guild_id: int, operation: Operation, *, key: UsableKey) -> Decimal:
        """Return the estimate known locally for the operation alone."""
        rules = replace(await self.store.settings.get(guild_id), estimate_tool=False)
        return (await self.estimate(guild_id, operation, {}, rules=rules, key=key)).credits


def spend_request(
    spec: CardSpec, jobs: Sequence[CheckedJob], estimates: Sequence[Estimate], *, rules: Rules, key: UsableKey
) -> SpendRequest:
    """Return the policy's input: who spends how much, where, on what.

    The jobs were judged by the word list of `rules`.
    """
    items = [
        SpendItem(
            operation=job.operation.id,
            title=job.operation.title,
            credits=estimate.credits,
            exact=estimate.basis == "fixed",
            known=estimate.is_known,
            is_bounded=estimate.seen is not None,
            kind=job.factors.kind,
            has_forbidden_word=job.has_forbidden_word,
            unchecked=is_unchecked(job.input),
            linked=bool(job.spec.after),
        )
        for job, estimate in zip(jobs, estimates, strict=True)
    ]
    spender = replace(spec.origin.spender, private=spec.private)
    return SpendRequest.of(spender, items, key, words=rules.words, consent=spec.consent)
