"""Taking a job in: check, price, hold and store, in one transaction, before anything is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.cannon.estimates import Estimates
from bot.catalogue import Catalogue, Operation
from bot.clock import Clock
from bot.errors import InputError, KeyRefused
from bot.failpoints import failpoint
from bot.jobs.keys import Keys, UsableKey
from bot.jobs.switches import Switches
from bot.models import Card, Estimate, Job, JobState, new_id
from bot.policy import DEFAULT_HOLD, JOBS_PER_CARD, Item, Verdict, Wish, decide
from bot.rules import Rules
from bot.store import Spending, Store

TOKEN_LIFE_S = 14 * 60.0
"""An interaction token lives 15 minutes (Discord's docs); one is kept for slow uploads."""
COSTS_FOR_QUANTILE = 3
"""From how many earlier jobs on their cost is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job that is asked for. `after` is the place in the Ask of the step on whose result it waits."""

    operation: str
    input: Mapping[str, Any]
    after: int | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    """Which input fields take which output keys of that step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is asked for, and with which roles, as Discord said it then."""

    guild_id: int
    channel_id: int
    parent_channel_ids: tuple[int, ...] = ()
    """The channel that the thread is in, and the category above."""
    age_restricted: bool = False
    role_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a member asks for: one card, with one job for each step."""

    place: Place
    author_id: int
    interaction_id: int | None
    token: str | None = field(repr=False)
    steps: Sequence[Step]
    private: bool = False
    locale: str = "en-US"
    parent_id: str | None = None
    confirmed: bool = False
    """Whether the member has seen the price and said yes."""

    @property
    def guild_id(self) -> int:
        """The server that pays."""
        return self.place.guild_id


class Unconfirmed(Exception):
    """The price is above what this server wants confirmed: nothing was stored or held. All in credits."""

    def __init__(self, price: Decimal, basis: str, balance: Decimal | None) -> None:
        super().__init__(f"{price} credits are to be confirmed")
        self.price = price
        self.basis = basis
        self.balance = balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A card that was taken in. `fresh` is False if this interaction had been taken in before."""

    card: Card
    jobs: tuple[Job, ...]
    fresh: bool


class JobService:
    """The one way in for paid work. `wake` tells the poller that there is something new."""

    def __init__(
        self,
        *,
        store: Store,
        keys: Keys,
        catalogue: Callable[[], Catalogue],
        switches: Switches,
        estimates: Estimates,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._switches = switches
        self._estimates = estimates
        self._clock = clock
        self._wake = wake

    def check(self, ask: Ask, rules: Rules) -> list[dict[str, Any]]:
        """Return the wire inputs of the steps. Raises InputError or Refused; nothing is spent, stored or sent."""
        if not 1 <= len(ask.steps) <= JOBS_PER_CARD:
            raise InputError(f"At most {JOBS_PER_CARD} jobs go together; you asked for {len(ask.steps)}.", "count")
        for step in ask.steps:
            self._switches.require_on(ask.guild_id, self._catalogue().resolve(step.operation))
        return [self._catalogue().check(step.operation, self._with_default(step, rules)) for step in ask.steps]

    def _with_default(self, step: Step, rules: Rules) -> Mapping[str, Any]:
        """Return the step's input with the guild's model where the member named none."""
        operation = self._catalogue().resolve(step.operation)
        model = rules.default_models.get(operation.id)
        if model is None or step.input.get("model") or all(each.name != "model" for each in operation.fields):
            return step.input
        return {**step.input, "model": model}

    async def take(self, ask: Ask) -> Taken:
        """Check, price and store what is asked for, with the credits held. Nothing is sent yet.

        Raises InputError, Refused (limit, balance, no key), KeyRefused or Unconfirmed; then nothing is stored and
        nothing held. The same interaction twice gives the same card, held once.
        """
        rules = await self._store.rules(ask.guild_id)
        inputs = self.check(ask, rules)
        key = await self._keys.for_guild(ask.guild_id)
        if key.refused:
            raise KeyRefused(
                "Cannon Studio refuses this server's key. A moderator can set a new one with `/studio key`."
            )
        operations = [self._catalogue().resolve(step.operation) for step in ask.steps]
        estimates = [
            await self.estimate(ask.guild_id, operation, values, rules=rules, key=key)
            for operation, values in zip(operations, inputs, strict=True)
        ]
        wish = self._wish(ask, operations, inputs, estimates, key.balance)
        if rules.confirm_above is not None and wish.total > rules.confirm_above and not ask.confirmed:
            await self._refuse_early(wish, ask)
            raise Unconfirmed(wish.total, estimates[-1].basis, key.balance)
        card = self._card(ask)
        jobs = self._jobs(ask, card, operations, inputs, estimates, key.id)
        failpoint("accept.before")
        stored, stored_jobs, fresh = await self._store.accept(card, jobs, lambda books: _decide(wish, books))
        failpoint("accept.stored")
        return Taken(card=stored, jobs=stored_jobs, fresh=fresh)

    async def _refuse_early(self, wish: Wish, ask: Ask) -> None:
        """Raise Refused now rather than after the member has said yes."""
        await self._store.look_at_books(ask.guild_id, ask.author_id, lambda books: _decide(wish, books))

    def _wish(
        self,
        ask: Ask,
        operations: Sequence[Operation],
        inputs: Sequence[Mapping[str, Any]],
        estimates: Sequence[Estimate],
        balance: Decimal | None,
    ) -> Wish:
        items = [
            Item(
                operation=operation.id,
                title=operation.title,
                credits=estimate.credits,
                exact=estimate.basis == "fixed",
                text=" ".join(value for value in values.values() if isinstance(value, str)),
                unchecked=values.get("nsfw_checker") is False,
                linked=step.after is not None,
            )
            for step, operation, values, estimate in zip(ask.steps, operations, inputs, estimates, strict=True)
        ]
        return Wish(
            member_id=ask.author_id,
            role_ids=ask.place.role_ids,
            channel_ids=frozenset({ask.place.channel_id, *ask.place.parent_channel_ids}),
            age_restricted=ask.place.age_restricted,
            items=items,
            balance=balance,
        )

    async def answered(self, card: Card, *, message_id: int, channel_id: int) -> None:
        """Note that Discord has the card, and let its jobs go."""
        failpoint("answer.sent")
        await self._store.answered(card.guild_id, card.id, message_id, channel_id)
        failpoint("answer.stored")
        self._wake()

    async def unanswered(self, card: Card) -> int:
        """Discord did not take the card: give everything back and never submit. Returns how many jobs were dropped."""
        return await self._store.drop_card(card.guild_id, card.id, "Discord did not take the answer in time.")

    async def estimate(
        self, guild_id: int, operation: Operation, values: Mapping[str, Any], *, rules: Rules, key: UsableKey
    ) -> Estimate:
        """Return what a job will probably cost, in credits, and on what that rests.

        In this order: the operation's fixed price, Cannon Studio's own estimate where the guild wants it, the guild's
        price list, what such jobs cost before, a default.
        """
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        if rules.estimate_tool:
            told = await self._estimates.ask(key.secret, operation.id, values)
            if told is not None:
                return Estimate(credits=told, basis="estimate tool")
        model = values.get("model")
        model = model if isinstance(model, str) else ""
        prices = await self._store.prices(guild_id)
        for name in ((operation.id, model), (operation.id, "")):
            if name in prices:
                return Estimate(credits=prices[name], basis="price list")
        costs = await self._store.costs(operation.id, model)
        if len(costs) >= COSTS_FOR_QUANTILE:
            dear = sorted(costs)[min(len(costs) - 1, int(len(costs) * 0.9))]
            return Estimate(credits=dear, basis="earlier jobs")
        return Estimate(credits=DEFAULT_HOLD, basis="unknown")

    def _card(self, ask: Ask) -> Card:
        now = self._clock.wall()
        return Card(
            id=new_id(),
            guild_id=ask.guild_id,
            channel_id=ask.place.channel_id,
            parent_channel_id=ask.place.parent_channel_ids[0] if ask.place.parent_channel_ids else None,
            author_id=ask.author_id,
            interaction_id=ask.interaction_id,
            token=ask.token,
            token_expires_at=now + TOKEN_LIFE_S,
            private=ask.private,
            locale=ask.locale,
            created_at=now,
        )

    def _jobs(
        self,
        ask: Ask,
        card: Card,
        operations: Sequence[Operation],
        inputs: Sequence[Mapping[str, Any]],
        estimates: Sequence[Estimate],
        key_id: int | None,
    ) -> list[Job]:
        ids = [new_id() for _ in ask.steps]
        return [
            Job(
                id=ids[place],
                card_id=card.id,
                guild_id=ask.guild_id,
                position=place,
                author_id=ask.author_id,
                operation=operations[place].id,
                input=inputs[place],
                state=JobState.SUBMITTING if step.after is None else JobState.WAITING,
                # Derived from the job's id so that it is stored before it is ever sent.
                idempotency_key=f"cannon-bot-{ids[place]}",
                key_id=key_id,
                held=estimates[place].credits,
                basis=estimates[place].basis,
                created_at=card.created_at,
                parent_id=ask.parent_id,
                after_id=None if step.after is None else ids[step.after],
                fill=step.fill,
            )
            for place, step in enumerate(ask.steps)
        ]


def _decide(wish: Wish, books: Spending) -> Verdict:
    return decide(wish, rules=books.rules, limits=books.limits, block=books.block, books=books, now=books.now)
