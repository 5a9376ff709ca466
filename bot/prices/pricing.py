"""What jobs will probably cost, and on what that rests: estimated before anything is held. All amounts in credits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import structlog

from bot.account.api_keys import UsableKey
from bot.catalogue import Caution, LiveCatalogue, Operation
from bot.domain.jobs.card_spec import CardSpec, JobSpec
from bot.domain.models import UNKNOWN, Estimate
from bot.domain.money.costs import ListedPrice, PriceFactors, PriceList, guessed_hold, known_hold
from bot.domain.money.spend_request import DEFAULT_HOLD, ZERO, SpendItem, SpendRequest
from bot.domain.server.guild_rules import Rules
from bot.domain.server.places import is_unchecked
from bot.prices.estimates import EstimateTool
from bot.prices.factors import model_word, price_factors
from bot.store import Store

ListedPrices = Mapping[str, ListedPrice]
"""An operation's prices by model, as in a kind; '' is for all models."""


def highest(
    *, told: Decimal | None, listed: Decimal | None, learned: Decimal | None, trusts_list: bool
) -> Estimate | None:
    """Return the highest of the prices that are known, None without any.

    The highest, as a list or a tool that true costs have shown to be too low would guard nothing. Without `trusts_list`
    a price that only the list has is not known.
    """
    if told is None and learned is None and not trusts_list:
        return None
    found = [
        Estimate(credits=credits_, basis=basis)
        for credits_, basis in ((told, "estimate tool"), (listed, "price list"), (learned, "earlier jobs"))
        if credits_ is not None
    ]
    return max(found, key=lambda each: each.credits, default=None)


def by_model(prices: PriceList, operation: Operation) -> ListedPrices:
    """Return an operation's part of the server's price list."""
    return {
        model_word(operation, model) if model else "": price
        for (operation_id, model), price in prices.items()
        if operation_id == operation.id
    }


def listed_price(listed: ListedPrices, factors: PriceFactors) -> Decimal | None:
    """Return what the price list says of such a job, None where it says nothing or the length is not given."""
    line = listed_line(listed, factors)
    return None if line is None else line.of_job(factors)


def listed_line(listed: ListedPrices, factors: PriceFactors) -> ListedPrice | None:
    """Return the line of the list for such a job: of its model, else of all models of its operation."""
    return listed.get(factors.model, listed.get(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedJob:
    """One requested job whose input the catalogue has checked; `input` is as it goes over the wire."""

    spec: JobSpec
    operation: Operation
    input: Mapping[str, Any]
    has_forbidden_word: bool = False
    """Whether something that is sent for it is on the guild's word list."""
    cautions: Sequence[Caution] = ()
    """What is doubtful about it: the member has to accept that before it is tried."""


@dataclass(frozen=True)
class Pricing:
    """Estimates the price of jobs for a guild."""

    store: Store
    tool: EstimateTool

    async def estimate_all(
        self, guild_id: int, jobs: Sequence[CheckedJob], *, rules: Rules, key: UsableKey
    ) -> list[Estimate]:
        """Return an estimate for each job, in their order. Made at once: the tool's time limit is for all."""
        if any(job.has_forbidden_word for job in jobs):
            rules = replace(rules, estimate_tool=False)  # nothing of it is sent anywhere
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
        """Return what a job will probably cost.

        A fixed price is certain. Else it is the highest of what Cannon Studio's own tool says, where the guild wants
        that, what the guild's price list says, and what nine of ten such jobs stayed within that the same key paid: a
        list or a tool that true costs have shown to be too low would guard nothing. Without any, it is a guess; and
        where the host limits what is spent on their key, a server's list alone is no more than that.
        """
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        factors = price_factors(operation, values)
        seen = await self.store.true_costs.of_kind(guild_id, key.id, operation.id, factors.kind)
        listed = listed_price(by_model(await self.store.prices.all(guild_id), operation), factors)
        found = highest(
            told=await self.tool.ask(guild_id, key, operation, values) if rules.estimate_tool else None,
            listed=listed,
            learned=known_hold(factors, seen),
            trusts_list=not key.is_limited,
        )
        if found is not None:
            return found
        costs = await self.store.true_costs.range(guild_id, key.id, operation.id)
        guess = guessed_hold(factors, seen) or (costs[1] if costs else DEFAULT_HOLD)
        return Estimate(credits=max(guess, listed or ZERO), basis=UNKNOWN, seen=costs)

    async def guess(self, guild_id: int, operation: Operation, *, key: UsableKey) -> Decimal:
        """Return what a job will probably cost, by what is known here of the operation alone."""
        rules = replace(await self.store.settings.get(guild_id), estimate_tool=False)
        return (await self.estimate(guild_id, operation, {}, rules=rules, key=key)).credits


def spend_request(
    spec: CardSpec,
    jobs: Sequence[CheckedJob],
    estimates: Sequence[Estimate],
    *,
    rules: Rules,
    key: UsableKey,
) -> SpendRequest:
    """Return what the policy decides on: who wants to spend how much, where, on what.

    The jobs were judged by the word list of `rules`.
    """
    items = [
        SpendItem(
            operation=job.operation.id,
            title=job.operation.title,
            credits=estimate.credits,
            exact=estimate.basis == "fixed",
            known=estimate.is_known,
            model=price_factors(job.operation, job.input).model,
            has_forbidden_word=job.has_forbidden_word,
            unchecked=is_unchecked(job.input),
            linked=bool(job.spec.after),
        )
        for job, estimate in zip(jobs, estimates, strict=True)
    ]
    place = spec.origin.place
    return SpendRequest(
        member_id=spec.author_id,
        role_ids=place.role_ids,
        channel_ids=place.channel_ids,
        age_restricted=place.age_restricted,
        items=items,
        words=rules.words,
        balance=key.balance,
        host_pays=key.id is None,
        practice=key.is_practice,
        asked=spec.asked,
    )


log = structlog.get_logger(__name__)

DONE = "earlier_costs_sorted"


async def sort_earlier_costs(store: Store, catalogue: LiveCatalogue) -> None:
    """Store what makes the price of jobs that were paid for before that was stored, where their inputs are still there.

    Does nothing after the first time. Jobs of operations that are not known any more are left out.
    """
    if await store.meta.get(DONE) is not None:
        return
    factors = {}
    for job in await store.true_costs.unsorted():
        operation = catalogue.current.find(job.operation)
        if operation is not None:
            factors[job.guild_id, job.id] = price_factors(operation, job.input)
    await store.true_costs.sort(factors)
    await store.meta.set(DONE, "1")
    if factors:
        log.info("prices.sorted", jobs=len(factors))
