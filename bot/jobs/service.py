"""Taking a job in: check, price, hold and store, in one transaction, before anything is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.catalogue import Catalogue, Operation
from bot.clock import Clock
from bot.errors import InputError, KeyRefused
from bot.failpoints import failpoint
from bot.jobs.keys import Keys
from bot.jobs.switches import Switches
from bot.models import Card, Estimate, Job, JobState, new_id
from bot.policy import DEFAULT_HOLD, JOBS_PER_CARD, Wish, decide
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
class Ask:
    """What a member asks for: one card, with one job for each step."""

    guild_id: int
    channel_id: int
    author_id: int
    interaction_id: int
    token: str = field(repr=False)
    steps: Sequence[Step]
    private: bool = False
    locale: str = "en-US"
    parent_id: str | None = None


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
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._switches = switches
        self._clock = clock
        self._wake = wake

    def check(self, ask: Ask) -> list[dict[str, Any]]:
        """Return the wire inputs of the steps. Raises InputError or Refused; nothing is spent, stored or sent."""
        if not 1 <= len(ask.steps) <= JOBS_PER_CARD:
            raise InputError(f"At most {JOBS_PER_CARD} jobs go together; you asked for {len(ask.steps)}.", "count")
        for step in ask.steps:
            self._switches.require_on(ask.guild_id, self._catalogue().resolve(step.operation))
        return [self._catalogue().check(step.operation, step.input) for step in ask.steps]

    async def take(self, ask: Ask) -> Taken:
        """Check, price and store what is asked for, with the credits held. Nothing is sent yet.

        Raises InputError, Refused (limit, balance, no key) or KeyRefused; then nothing is stored and nothing held.
        The same interaction twice gives the same card, held once.
        """
        inputs = self.check(ask)
        key = await self._keys.for_guild(ask.guild_id)
        if key.refused:
            raise KeyRefused(
                "Cannon Studio refuses this server's key. A moderator can set a new one with `/studio key`."
            )
        operations = [self._catalogue().resolve(step.operation) for step in ask.steps]
        estimates = [
            await self.estimate(operation, values) for operation, values in zip(operations, inputs, strict=True)
        ]
        card = self._card(ask)
        jobs = self._jobs(ask, card, operations, inputs, estimates, key.id)
        wish = Wish(
            jobs=len(jobs),
            credits=sum((e.credits for e in estimates), Decimal(0)),
            balance=key.balance,
            exact=all(e.basis == "fixed" for e in estimates),
        )

        def allow(spending: Spending) -> None:
            decide(wish, running_of_member=spending.running_of_member, held_of_guild=spending.held_of_guild)

        failpoint("accept.before")
        stored, stored_jobs, fresh = await self._store.accept(card, jobs, allow)
        failpoint("accept.stored")
        return Taken(card=stored, jobs=stored_jobs, fresh=fresh)

    async def answered(self, card: Card, *, message_id: int, channel_id: int) -> None:
        """Note that Discord has the card, and let its jobs go."""
        failpoint("answer.sent")
        await self._store.answered(card.guild_id, card.id, message_id, channel_id)
        failpoint("answer.stored")
        self._wake()

    async def unanswered(self, card: Card) -> int:
        """Discord did not take the card: give everything back and never submit. Returns how many jobs were dropped."""
        return await self._store.drop_card(card.guild_id, card.id, "Discord did not take the answer in time.")

    async def estimate(self, operation: Operation, values: Mapping[str, Any]) -> Estimate:
        """Return what a job will probably cost, in credits, and on what that rests."""
        if operation.fixed_credits is not None:
            return Estimate(credits=operation.fixed_credits, basis="fixed")
        model = values.get("model")
        costs = await self._store.costs(operation.id, model if isinstance(model, str) else "")
        if len(costs) >= COSTS_FOR_QUANTILE:
            dear = sorted(costs)[min(len(costs) - 1, int(len(costs) * 0.9))]
            return Estimate(credits=dear, basis="earlier jobs")
        return Estimate(credits=DEFAULT_HOLD, basis="unknown")

    def _card(self, ask: Ask) -> Card:
        now = self._clock.wall()
        return Card(
            id=new_id(),
            guild_id=ask.guild_id,
            channel_id=ask.channel_id,
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
