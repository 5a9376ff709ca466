"""Taking a job in: check, price, hold and store, in one transaction, before anything is sent anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.cannon.estimates import Estimates
from bot.catalogue import Catalogue, FieldKind, Operation
from bot.domain.guild_rules import Rules, Scope
from bot.domain.models import Card, Estimate, Job, JobState, new_id
from bot.domain.spending_alerts import Alert, of_limits
from bot.domain.spending_policy import DEFAULT_HOLD, JOBS_PER_CARD, Item, Room, Verdict, Wish, decide, holding, rooms
from bot.domain.text import full_stop
from bot.errors import InputError, KeyRefused, Refused
from bot.guild.api_keys import Keys, UsableKey
from bot.guild.operation_switches import Switches
from bot.guild.watch import Watch
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Cancelled, Spending, Store

TOKEN_LIFE_S = 14 * 60.0
"""An interaction token lives 15 minutes (Discord's docs); one is kept for slow uploads."""
OUTPUT_OF_STEP = re.compile(r"\{(\d{1,2})\.([A-Za-z0-9_]{1,64})\}")
COSTS_FOR_QUANTILE = 3
"""From how many earlier jobs on their cost is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job that is asked for. `fill` says which input fields are made of earlier steps' outputs.

    They are texts, or lists of texts, in which `{0.image_url}` stands for that output of the Ask's first step.
    """

    operation: str
    input: Mapping[str, Any]
    fill: Mapping[str, Any] = field(default_factory=dict)

    @property
    def after(self) -> tuple[int, ...]:
        """The places in the Ask of the steps on whose results this one waits."""
        texts = [text for value in self.fill.values() for text in (value if isinstance(value, list) else [value])]
        return tuple(sorted({int(match[1]) for text in texts for match in OUTPUT_OF_STEP.finditer(text)}))


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
    label: str = ""
    """The recipe that this is a run of: then sentences name the step that they are about."""
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
        watch: Watch,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._keys = keys
        self._catalogue = catalogue
        self._switches = switches
        self._estimates = estimates
        self._clock = clock
        self._watch = watch
        self._wake = wake

    def check(self, ask: Ask, rules: Rules) -> list[dict[str, Any]]:
        """Return the wire inputs of the steps. Raises InputError or Refused; nothing is spent, stored or sent."""
        if not 1 <= len(ask.steps) <= JOBS_PER_CARD:
            raise InputError(f"At most {JOBS_PER_CARD} jobs go together; you asked for {len(ask.steps)}.", "count")
        for step in ask.steps:
            self._switches.require_on(ask.guild_id, self._catalogue().resolve(step.operation))
        return [self._checked(ask, number, step, rules) for number, step in enumerate(ask.steps, start=1)]

    def _checked(self, ask: Ask, number: int, step: Step, rules: Rules) -> dict[str, Any]:
        try:
            return self._catalogue().check(step.operation, self._with_default(step, rules), pending=step.fill.keys())
        except InputError as error:
            if not ask.label:
                raise
            raise InputError(f"Step {number}: {error.sentence}", error.field) from error

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
        try:
            return await self._take(ask)
        except Refused as error:
            if error.reason:
                await self._watch.refused(ask.guild_id, ask.author_id, ask.steps[-1].operation, error)
            raise

    async def _take(self, ask: Ask) -> Taken:
        rules = await self._store.settings.get(ask.guild_id)
        inputs = self.check(ask, rules)
        key = await self._keys.for_guild(ask.guild_id)
        if key.refused:
            raise KeyRefused(
                "Cannon Studio refuses this server's key. A moderator can set a new one with `/studio key`."
            )
        operations = [self._catalogue().resolve(step.operation) for step in ask.steps]
        estimates: list[Estimate] = []
        for place, (operation, values) in enumerate(zip(operations, inputs, strict=True)):
            # The same again costs the same: the estimate tool is asked once.
            if place and (operation, values) == (operations[place - 1], inputs[place - 1]):
                estimates.append(estimates[-1])
            else:
                estimates.append(await self.estimate(ask.guild_id, operation, values, rules=rules, key=key))
        wish = self._wish(ask, operations, inputs, estimates, key.balance)
        if rules.confirm_above is not None and wish.total > rules.confirm_above and not ask.confirmed:
            await self._refuse_early(wish, ask)
            guessed = [estimate.basis for estimate in estimates if estimate.basis != "fixed"]
            raise Unconfirmed(wish.total, guessed[0] if guessed else "fixed", key.balance)
        card = self._card(ask)
        jobs = self._jobs(ask, card, operations, inputs, estimates, key.id)
        failpoint("accept.before")
        alerts: list[Alert] = []
        try:
            stored, stored_jobs, fresh = await self._store.cards.accept(
                card, jobs, lambda books: _decide_and_look(wish, books, alerts)
            )
        finally:
            self._watch.tell(ask.guild_id, alerts)
        failpoint("accept.stored")
        return Taken(card=stored, jobs=stored_jobs, fresh=fresh)

    async def _refuse_early(self, wish: Wish, ask: Ask) -> None:
        """Raise Refused now rather than after the member has said yes."""
        await self._store.spending.view(ask.guild_id, ask.author_id, lambda books: _decide(wish, books))

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
                text=" / ".join(_words(operation, values)),
                unchecked=values.get("nsfw_checker") is False,
                linked=bool(step.after),
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
        await self._store.cards.mark_answered(card.guild_id, card.id, message_id, channel_id)
        failpoint("answer.stored")
        self._wake()

    async def approve(self, guild_id: int, card_id: str) -> tuple[Job, ...] | None:
        """Let a card that waits for a moderator go on. Returns its jobs; None if it was decided before."""
        jobs = await self._store.approvals.approve(guild_id, card_id)
        if jobs is not None:
            await self._store.queue.start_waiting(guild_id)
            self._wake()
        return jobs

    async def turn_down(self, guild_id: int, card_id: str, reason: str) -> tuple[Job, ...] | None:
        """Refuse a card that waits for a moderator, and give its credits back. None if it was decided before."""
        sentence = f"A moderator refused this: {full_stop(reason)}" if reason else "A moderator refused this."
        return await self._store.approvals.turn_down(guild_id, card_id, JobState.REFUSED, sentence)

    async def cancel(
        self, guild_id: int, job_id: str, sentence: str, *, drop_by: int | None = None
    ) -> Cancelled | None:
        """Cancel a job and those that wait for it; None if there is none, or if it has ended.

        One that was sent goes on and is paid; with `drop_by` its result is not posted, but kept.
        """
        done = await self._store.cancellation.cancel(guild_id, job_id, sentence, drop_by=drop_by)
        if done is not None and (done.stopped or done.others):
            await self._store.queue.start_waiting(guild_id)
            self._wake()
        return done

    async def unanswered(self, card: Card) -> int:
        """Discord did not take the card: give everything back and never submit. Returns how many jobs were dropped."""
        return await self._store.cards.drop(card.guild_id, card.id, "Discord did not take the answer in time.")

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
        prices = await self._store.prices.all(guild_id)
        for name in ((operation.id, model), (operation.id, "")):
            if name in prices:
                return Estimate(credits=prices[name], basis="price list")
        costs = await self._store.ledger.costs(operation.id, model)
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
            parent_channel_id=next(iter(ask.place.parent_channel_ids), None),
            category_id=next(iter(ask.place.parent_channel_ids[1:]), None),
            author_id=ask.author_id,
            interaction_id=ask.interaction_id,
            token=ask.token,
            token_expires_at=now + TOKEN_LIFE_S,
            private=ask.private,
            locale=ask.locale,
            label=ask.label,
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
                state=JobState.WAITING if step.after else JobState.SUBMITTING,
                # Derived from the job's id so that it is stored before it is ever sent.
                idempotency_key=f"cannon-bot-{ids[place]}",
                key_id=key_id,
                held=estimates[place].credits,
                basis=estimates[place].basis,
                created_at=card.created_at,
                parent_id=ask.parent_id,
                after_ids=tuple(ids[each] for each in step.after),
                fill={name: _with_ids(value, ids) for name, value in step.fill.items()},
            )
            for place, step in enumerate(ask.steps)
        ]


def _words(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    """Return every text of an input, at any depth, but for the links to its sources."""
    links = {each.name for each in operation.fields if each.kind in {FieldKind.URL, FieldKind.URLS}}
    return _texts([value for name, value in values.items() if name not in links])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _with_ids(template: Any, ids: Sequence[str]) -> Any:
    """Return a step's template with the jobs' ids in place of the steps' numbers."""
    if isinstance(template, list):
        return [_with_ids(each, ids) for each in template]
    return OUTPUT_OF_STEP.sub(lambda match: f"{{{ids[int(match[1])]}.{match[2]}}}", template)


def _decide(wish: Wish, books: Spending) -> Verdict:
    return decide(wish, rules=books.rules, limits=books.limits, block=books.block, books=books, now=books.now)


def _decide_and_look(wish: Wish, books: Spending, alerts: list[Alert]) -> Verdict:
    """Decide, and put into `alerts` which limits are near their end by then."""
    alerts.clear()  # the store may ask a second time
    try:
        verdict = _decide(wish, books)
    except Refused as error:
        if error.reason == "limit":
            alerts += of_limits(_rooms(wish, books), wish, taken=False)
        raise
    alerts += of_limits(_rooms(wish, books), wish, taken=True)
    return verdict


def _rooms(wish: Wish, books: Spending) -> list[Room]:
    """Return what the limits that hold for the wish leave; [] where nobody wants to be told."""
    if books.rules.log_channel is None:
        return []
    of_member = holding(books.limits, wish, books.rules, books, books.now)
    of_server = [limit for limit in books.limits if limit.scope is Scope.SERVER]
    return rooms([*of_member, *of_server], wish, books.rules, books, books.now)
