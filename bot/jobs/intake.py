"""Taking a job in: check, price, hold and store, in one transaction, before anything is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.cannon.estimates import Estimates
from bot.catalogue import FieldKind, LiveCatalogue, Operation
from bot.domain.guild_rules import Rules, Scope
from bot.domain.models import Card, Estimate, Job, JobState, new_id
from bot.domain.spending_alerts import Alert, of_limits
from bot.domain.spending_policy import (
    DEFAULT_HOLD,
    JOBS_PER_CARD,
    Headroom,
    SpendItem,
    SpendRequest,
    Verdict,
    applicable_limits,
    decide,
    headrooms,
)
from bot.domain.templates import OutputRef, Template, steps_in, with_outputs
from bot.domain.text import full_stop
from bot.errors import InputError, KeyRefused, Refused
from bot.generation.card_spec import CardSpec, JobSpec
from bot.guild.api_keys import ApiKeys, UsableKey
from bot.guild.operation_switches import OperationSwitches
from bot.guild.watch import Watch
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Cancelled, Spending, Store

TOKEN_LIFE_S = 14 * 60.0
"""An interaction token lives 15 minutes (Discord's docs); one is kept for slow uploads."""
COSTS_FOR_QUANTILE = 3
"""From how many earlier jobs on their cost is believed."""


class Unconfirmed(Exception):
    """The price is above what this server wants confirmed: nothing was stored or held. All in credits."""

    def __init__(self, price: Decimal, basis: str, balance: Decimal | None) -> None:
        super().__init__(f"{price} credits are to be confirmed")
        self.price = price
        self.basis = basis
        self.balance = balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A card that was taken in. `fresh` is False if this interaction had been taken in before."""

    card: Card
    jobs: tuple[Job, ...]
    fresh: bool


class JobService:
    """The one way in for paid work. `wake` tells the worker that there is something new."""

    def __init__(
        self,
        *,
        store: Store,
        keys: ApiKeys,
        catalogue: LiveCatalogue,
        switches: OperationSwitches,
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

    def check(self, spec: CardSpec, rules: Rules) -> list[dict[str, Any]]:
        """Return the wire inputs of the steps. Raises InputError or Refused; nothing is spent, stored or sent."""
        if not 1 <= len(spec.steps) <= JOBS_PER_CARD:
            raise InputError(f"At most {JOBS_PER_CARD} jobs go together; you asked for {len(spec.steps)}.", "count")
        for step in spec.steps:
            self._switches.require_on(spec.guild_id, self._catalogue.current.resolve(step.operation))
        return [self._checked(spec, number, step, rules) for number, step in enumerate(spec.steps, start=1)]

    def _checked(self, spec: CardSpec, number: int, step: JobSpec, rules: Rules) -> dict[str, Any]:
        try:
            return self._catalogue.current.check(
                step.operation, self._with_default(step, rules), pending=step.fill.keys()
            )
        except InputError as error:
            if not spec.label:
                raise
            raise InputError(f"Step {number}: {error.sentence}", error.field) from error

    def _with_default(self, step: JobSpec, rules: Rules) -> Mapping[str, Any]:
        """Return the step's input with the guild's model where the member named none."""
        operation = self._catalogue.current.resolve(step.operation)
        model = rules.default_models.get(operation.id)
        if model is None or step.input.get("model") or all(each.name != "model" for each in operation.fields):
            return step.input
        return {**step.input, "model": model}

    async def take(self, spec: CardSpec) -> Accepted:
        """Check, price and store what is asked for, with the credits held. Nothing is sent yet.

        Raises InputError, Refused (limit, balance, no key), KeyRefused or Unconfirmed; then nothing is stored and
        nothing held. The same interaction twice gives the same card, held once.
        """
        try:
            return await self._take(spec)
        except Refused as error:
            if error.reason:
                await self._watch.refused(spec.guild_id, spec.author_id, spec.steps[-1].operation, error)
            raise

    async def _take(self, spec: CardSpec) -> Accepted:
        rules = await self._store.settings.get(spec.guild_id)
        inputs = self.check(spec, rules)
        key = await self._keys.for_guild(spec.guild_id)
        if key.refused:
            raise KeyRefused(
                "Cannon Studio refuses this server's key. A moderator can set a new one with `/studio key`."
            )
        operations = [self._catalogue.current.resolve(step.operation) for step in spec.steps]
        estimates: list[Estimate] = []
        for place, (operation, values) in enumerate(zip(operations, inputs, strict=True)):
            # The same again costs the same: the estimate tool is asked once.
            if place and (operation, values) == (operations[place - 1], inputs[place - 1]):
                estimates.append(estimates[-1])
            else:
                estimates.append(await self.estimate(spec.guild_id, operation, values, rules=rules, key=key))
        spend = self._spend_request(spec, operations, inputs, estimates, key.balance)
        if rules.confirm_above is not None and spend.total > rules.confirm_above and not spec.confirmed:
            await self._refuse_early(spend, spec)
            guessed = [estimate.basis for estimate in estimates if estimate.basis != "fixed"]
            raise Unconfirmed(spend.total, guessed[0] if guessed else "fixed", key.balance)
        card = self._card(spec)
        jobs = self._jobs(spec, card, operations, inputs, estimates, key.id)
        failpoint("accept.before")
        alerts: list[Alert] = []
        try:
            stored, stored_jobs, fresh = await self._store.cards.accept(
                card, jobs, lambda books: _decide_and_look(spend, books, alerts)
            )
        finally:
            self._watch.tell(spec.guild_id, alerts)
        failpoint("accept.stored")
        return Accepted(card=stored, jobs=stored_jobs, fresh=fresh)

    async def _refuse_early(self, spend: SpendRequest, spec: CardSpec) -> None:
        """Raise Refused now rather than after the member has said yes."""
        await self._store.spending.view(spec.guild_id, spec.author_id, lambda books: _decide(spend, books))

    def _spend_request(
        self,
        spec: CardSpec,
        operations: Sequence[Operation],
        inputs: Sequence[Mapping[str, Any]],
        estimates: Sequence[Estimate],
        balance: Decimal | None,
    ) -> SpendRequest:
        items = [
            SpendItem(
                operation=operation.id,
                title=operation.title,
                credits=estimate.credits,
                exact=estimate.basis == "fixed",
                text=" / ".join(_words(operation, values)),
                unchecked=values.get("nsfw_checker") is False,
                linked=bool(step.after),
            )
            for step, operation, values, estimate in zip(spec.steps, operations, inputs, estimates, strict=True)
        ]
        return SpendRequest(
            member_id=spec.author_id,
            role_ids=spec.place.role_ids,
            channel_ids=frozenset({spec.place.channel_id, *spec.place.parent_channel_ids}),
            age_restricted=spec.place.age_restricted,
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

    def _card(self, spec: CardSpec) -> Card:
        now = self._clock.wall()
        return Card(
            id=new_id(),
            guild_id=spec.guild_id,
            channel_id=spec.place.channel_id,
            parent_channel_id=next(iter(spec.place.parent_channel_ids), None),
            category_id=next(iter(spec.place.parent_channel_ids[1:]), None),
            author_id=spec.author_id,
            interaction_id=spec.interaction_id,
            token=spec.token,
            token_expires_at=now + TOKEN_LIFE_S,
            private=spec.private,
            locale=spec.locale,
            label=spec.label,
            created_at=now,
        )

    def _jobs(
        self,
        spec: CardSpec,
        card: Card,
        operations: Sequence[Operation],
        inputs: Sequence[Mapping[str, Any]],
        estimates: Sequence[Estimate],
        key_id: int | None,
    ) -> list[Job]:
        ids = [new_id() for _ in spec.steps]
        return [
            Job(
                id=ids[place],
                card_id=card.id,
                guild_id=spec.guild_id,
                position=place,
                author_id=spec.author_id,
                operation=operations[place].id,
                input=inputs[place],
                state=JobState.WAITING if step.after else JobState.SUBMITTING,
                # Derived from the job's id so that it is stored before it is ever sent.
                idempotency_key=f"cannon-bot-{ids[place]}",
                key_id=key_id,
                held=estimates[place].credits,
                basis=estimates[place].basis,
                created_at=card.created_at,
                parent_id=spec.parent_id,
                after_ids=tuple(ids[each] for each in step.after),
                fill={name: _with_ids(value, ids) for name, value in step.fill.items()},
            )
            for place, step in enumerate(spec.steps)
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


def _with_ids(template: Template, ids: Sequence[str]) -> Any:
    """Return a step's template with the jobs' ids in place of the steps' numbers."""
    return with_outputs(template, {ref: OutputRef(ids[step], ref.key) for step, ref in steps_in(template)})


def _decide(spend: SpendRequest, books: Spending) -> Verdict:
    return decide(spend, rules=books.rules, limits=books.limits, block=books.block, books=books, now=books.now)


def _decide_and_look(spend: SpendRequest, books: Spending, alerts: list[Alert]) -> Verdict:
    """Decide, and put into `alerts` which limits are near their end by then."""
    alerts.clear()  # the store may ask a second time
    try:
        verdict = _decide(spend, books)
    except Refused as error:
        if error.reason == "limit":
            alerts += of_limits(_headrooms(spend, books), spend, taken=False)
        raise
    alerts += of_limits(_headrooms(spend, books), spend, taken=True)
    return verdict


def _headrooms(spend: SpendRequest, books: Spending) -> list[Headroom]:
    """Return what the limits that apply to the request leave; [] where nobody wants to be told."""
    if books.rules.log_channel is None:
        return []
    of_member = applicable_limits(books.limits, spend, books.rules, books, books.now)
    of_server = [limit for limit in books.limits if limit.scope is Scope.SERVER]
    return headrooms([*of_member, *of_server], spend, books.rules, books, books.now)
