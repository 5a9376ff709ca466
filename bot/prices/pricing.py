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
from bot.domain.money.costs import ListedPrice, PriceFactors, PriceList, price_of
from bot.domain.money.spend_request import DEFAULT_HOLD, SpendItem, SpendRequest
from bot.domain.practice import has_practice_link
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import is_unchecked
from bot.prices.estimates import EstimateTool
from bot.prices.factors import model_word, price_factors
from bot.store import CostsByKind, Store

ListedPrices = Mapping[str, ListedPrice]
"""An operation's prices by model, as in a kind; '' is for all models."""


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

    def of(self, operation: Operation) -> ListedPrices:
        return by_model(self.lines, operation)


def listed_price(listed: ListedPrices, factors: PriceFactors) -> Decimal | None:
    """Return its model's price of such a job, else the operation's; None if missing or without the needed length."""
    line = listed.get(factors.model, listed.get(""))
    return None if line is None else line.of_job(factors)


def guess_of(costs: CostsByKind) -> Decimal:
    """Return a guess at an unknown price in credits: the most that the operation has cost."""
    return max((each for seen in costs.values() for each in seen), default=DEFAULT_HOLD)


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
        self, guild_id: int, jobs: Sequence[CheckedJob], *, rules: Rules, key: UsableKey
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
            *(self.estimate(guild_id, job.operation, job.input, rules=rules, key=key) for job in distinct)
        )
        return [found[place] for place in places]

    async def estimate(
        self, guild_id: int, operation: Operation, values: Mapping[str, Any], *, rules: Rules, key: UsableKey
    ) -> Estimate:
        """Return a job's price, else a guess at it.

        Where the host limits spending on their key, the server's list makes no price known: it would guard nothing.
        """
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        factors, costs = price_factors(operation, values), self.store.true_costs
        found = price_of(
            tool=await self.tool.ask(guild_id, key, operation, values) if rules.estimate_tool else None,
            listed=None
            if key.is_limited
            else listed_price(by_model(await self.store.prices.all(guild_id), operation), factors),
            hosted=listed_price(self.hosted.of(operation), factors),
            seen=await costs.of_kind(guild_id, key.id, operation.id, factors.rounded),
        )
        if found is not None:
            return found
        of_operation = await costs.all(guild_id, key.id, operation=operation.id)
        return Estimate(credits=guess_of(of_operation.get(operation.id, {})), basis=UNKNOWN)


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
            kind=job.factors.kind,
            has_forbidden_word=job.has_forbidden_word,
            unchecked=is_unchecked(job.input),
            linked=bool(job.spec.after),
        )
        for job, estimate in zip(jobs, estimates, strict=True)
    ]
    spender = replace(spec.origin.spender, private=spec.private)
    return SpendRequest.of(spender, items, key, words=rules.words, consent=spec.consent)
