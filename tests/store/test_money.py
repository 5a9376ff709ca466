"""Nobody spends past a limit: any sequence of what moderators, members, the API and time do, against plain arithmetic.

The model knows no SQL and nothing of the policy's code: windows are calendar keys, sums are loops over lists.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import tempfile
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.models import Card, Job, JobState, LedgerKind
from bot.domain.money.spend_request import Spender, SpendItem, SpendRequest
from bot.domain.money.spending_policy import decide
from bot.domain.server.events import EventState, ServerEvent
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.errors import Refused
from bot.settings import PostgresUrl
from bot.store import Spending, Store, texts
from bot.store.jobs.jobs import PLACED_STATES
from tests.store.conftest import HandClock
from tests.support.databases import OnPostgres, on_postgres
from tests.support.examples import examples
from tests.support.stored import window
from tests.support.totals import differing

GUILD = 700
MEMBERS, ROLES = (1, 2, 3), (11, 12)
OPERATIONS = ("image.generate", "video.generate")
# A channel with what it is in: a channel of a category, a thread of it, and one that is alone.
PLACES = ((50, 500, None), (51, 50, 500), (52, None, None))
ZONES = ("UTC", "Europe/Berlin", "America/New_York")
BEGIN = dt.datetime(2026, 3, 27, 21, 30, tzinfo=dt.UTC).timestamp()  # the clocks change and a month ends soon

amounts = st.integers(0, 40)
# What is rare when all are equally likely: one member's limits, gifts and overshoots meeting each other.
members = st.sampled_from([1, 1, 1, 2, 3])
scopes = st.sampled_from(
    [
        (Scope.SERVER, 0),
        (Scope.EVERYONE, 0),
        *((Scope.ROLE, each) for each in ROLES),
        (Scope.MEMBER, 1),
        (Scope.MEMBER, 2),
    ]
)


limits = st.builds(
    lambda scope, **values: Limit(scope=scope[0], scope_id=scope[1], **values),
    scopes,
    operation=st.sampled_from(["", "", *OPERATIONS]),
    channel_id=st.sampled_from([0, 0, 0, 50, 500]),
    period=st.sampled_from(Period),
    credits=st.sampled_from([25, 40, 10, 60, 100, 0]).map(Decimal),
)
spans = st.sampled_from([None, 1, 30, 200])
"""Hours."""


@dataclass
class Known:
    """What the model knows of a job."""

    job: Job
    places: frozenset[int]
    drawn: Mapping[int, int]
    charge: int
    ended: bool = False
    closed: bool = False
    overshot_at: int = -1

    @property
    def own(self) -> int:
        """What counts for the member's limits."""
        return max(0, self.charge - sum(self.drawn.values()))

    @property
    def overshoot(self) -> int:
        return max(0, self.charge - int(self.job.held))

    def running(self) -> bool:
        """Whether it takes one of the places of the member and the server."""
        return self.job.state in PLACED_STATES


@dataclass
class Gift:
    member: int
    credits: int
    expires_at: float | None


@dataclass
class Pot:
    """The purse of an event, and who takes part."""

    event: ServerEvent
    members: set[int] = field(default_factory=set)
    is_open: bool = True


@dataclass
class Asked:
    jobs: list[str]
    answered: bool
    expires_at: float | None = None
    """Until when it waits for a moderator."""


@dataclass
class Model:
    jobs: dict[str, Known] = field(default_factory=dict)
    cards: dict[str, Asked] = field(default_factory=dict)
    limits: dict[int, Limit] = field(default_factory=dict)
    gifts: dict[int, Gift] = field(default_factory=dict)
    pots: dict[int, Pot] = field(default_factory=dict)
    """By grant."""
    rules: Rules = field(default_factory=Rules)
    roles: dict[int, frozenset[int]] = field(
        default_factory=lambda: {1: frozenset({11}), 2: frozenset(ROLES), 3: frozenset()}
    )


class Money(RuleBasedStateMachine):
    """The store and the policy as the bot puts them together, without Discord and without the network."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = HandClock(BEGIN)
        self.model = Model()
        self.numbers = itertools.count(1)
        self.moment = 0
        self.since: dict[tuple[int, int], tuple[tuple[int, ...], int]] = {}
        self.since_moment = 0

    @initialize(
        limits=st.lists(limits, max_size=5),
        gifts=st.lists(st.tuples(members, st.integers(10, 40), spans), max_size=3),
        approve_above=st.sampled_from([None, Decimal(30)]),
        pot=st.none() | st.tuples(st.integers(1, 60), st.none() | st.integers(1, 30)),
    )
    def begin(
        self,
        limits: list[Limit],
        gifts: list[tuple[int, int, int | None]],
        approve_above: Decimal | None,
        pot: tuple[int, int | None] | None,
    ) -> None:
        self.open()
        self.change_rules({"approve_above": approve_above})
        for limit in limits:
            self.set_limit(limit)
        for gift in gifts:
            self.give(*gift)
        if pot is not None:
            self.begin_event(*pot, hours=30)
            for member in MEMBERS[:2]:
                self.take_part(member)

    @property
    def place(self) -> Path | PostgresUrl:
        return Path(self.directory.name) / "bot.db"

    def open(self) -> None:
        self.store = self.runner.run(Store.open(self.place, clock=self.clock, secret_keys=("x" * 32,)))

    def teardown(self) -> None:
        try:
            if hasattr(self, "store"):
                assert self.runner.run(self.store.check()) == []
                self.runner.run(self.store.close())
        finally:
            self.runner.close()
            self.directory.cleanup()

    # ------------------------------------------------------------------ arithmetic

    def key(self, at: float, limit: Limit) -> tuple[int, ...]:
        return window(at, limit.period, self.model.rules.timezone)

    def counted(self, limit: Limit, member: int) -> Iterable[Known]:
        now = self.key(self.clock.now, limit)
        for known in self.model.jobs.values():
            if (
                self.key(known.job.created_at, limit) == now
                and limit.operation in {"", known.job.operation}
                and (not limit.channel_id or limit.channel_id in known.places)
                and (limit.scope is Scope.SERVER or known.job.author_id == member)
            ):
                yield known

    def used(self, limit: Limit, member: int) -> int:
        return sum(known.charge if limit.scope is Scope.SERVER else known.own for known in self.counted(limit, member))

    def left(self, limit: Limit, member: int) -> int:
        return int(limit.credits) - self.used(limit, member)

    def left_of_gift(self, grant_id: int) -> int:
        gift, used = self.model.gifts[grant_id], 0
        for known in self.model.jobs.values():
            rest = known.charge
            for each in sorted(known.drawn, key=self.order_of_gift):
                paid = min(rest, known.drawn[each])
                rest -= paid
                used += paid if each == grant_id else 0
        return gift.credits - used

    def order_of_gift(self, grant_id: int) -> tuple[bool, float, int]:
        if grant_id in self.model.pots:
            return False, -1.0, grant_id  # before all gifts
        expires_at = self.model.gifts[grant_id].expires_at
        return expires_at is None, expires_at or 0.0, grant_id

    def paid_of_pot(self, grant_id: int, member: int | None = None) -> int:
        return sum(
            min(known.charge, known.drawn.get(grant_id, 0))
            for known in self.model.jobs.values()
            if member in {None, known.job.author_id}
        )

    def pot_for(self, member: int, places: frozenset[int]) -> int | None:
        for grant_id, pot in self.model.pots.items():
            is_there = pot.event.channel_id in places and member in pot.members
            if pot.is_open and is_there and pot.event.begins_at <= self.clock.now < pot.event.ends_at:
                return grant_id
        return None

    def by_pot(self, grant_id: int, member: int, items: list[tuple[str, int]]) -> list[int]:
        """What the purse pays of each item: in their order, as far as it and the member's cap go."""
        event = self.model.pots[grant_id].event
        left = min(int(event.purse) - self.paid_of_pot(grant_id), int(event.cap) - self.paid_of_pot(grant_id, member))
        paid = []
        for _, cost in items:
            paid.append(max(0, min(left, cost)))
            left -= paid[-1]
        return paid

    def gifts_of(self, member: int) -> dict[int, int]:
        """What is left of the member's gifts that have not expired, in the order in which they are drawn."""
        usable = [
            grant_id
            for grant_id, gift in self.model.gifts.items()
            if gift.member == member and (gift.expires_at is None or gift.expires_at > self.clock.now)
        ]
        lefts = {grant_id: self.left_of_gift(grant_id) for grant_id in sorted(usable, key=self.order_of_gift)}
        return {grant_id: left for grant_id, left in lefts.items() if left > 0}

    def candidates(self, limits: Iterable[Limit], member: int) -> list[list[list[Limit]]]:
        """For each operation and channel that limits are for: the sets of limits of which the best holds."""
        groups: dict[tuple[str, int], list[Limit]] = {}
        for limit in limits:
            if limit.scope is not Scope.SERVER:
                groups.setdefault((limit.operation, limit.channel_id), []).append(limit)
        found = []
        for group in groups.values():
            own = [each for each in group if (each.scope, each.scope_id) == (Scope.MEMBER, member)]
            roles = [
                [each for each in group if (each.scope, each.scope_id) == (Scope.ROLE, role)]
                for role in self.model.roles[member]
            ]
            everyone = [each for each in group if each.scope is Scope.EVERYONE]
            sets = [own] if own else [each for each in roles if each] or [everyone]
            found.append([each for each in sets if each])
        return [sets for sets in found if sets]

    def best(self, sets: list[list[Limit]], member: int) -> list[Limit]:
        return max(
            sets, key=lambda one: (all(each.credits for each in one), min(self.left(each, member) for each in one))
        )

    def fits(self, member: int, places: frozenset[int], items: list[tuple[str, int]]) -> dict[int, int] | None:
        """What each gift must pay so that all limits hold; None if they cannot."""

        def need(limit: Limit) -> int:
            return sum(cost for operation, cost in items if limit.operation in {"", operation})

        about = [
            limit
            for limit in self.model.limits.values()
            if (not limit.channel_id or limit.channel_id in places)
            and (not limit.operation or any(operation == limit.operation for operation, _ in items))
        ]
        for limit in about:
            if limit.scope is Scope.SERVER and (not limit.credits or 0 < need(limit) > self.left(limit, member)):
                return None
        pot = self.pot_for(member, places)
        paid = [0] * len(items) if pot is None else self.by_pot(pot, member, items)
        items = [(operation, cost - part) for (operation, cost), part in zip(items, paid, strict=True)]
        missing: dict[str, int] = {}
        for sets in self.candidates(about, member):
            for limit in self.best(sets, member):
                if not limit.credits:
                    return None
                short = need(limit) - max(0, self.left(limit, member))
                missing[limit.operation] = max(missing.get(limit.operation, 0), short)
        general = missing.pop("", 0)
        rest, parts = max(general, sum(missing.values())), {pot: sum(paid)} if pot and sum(paid) else {}
        for grant_id, left in self.gifts_of(member).items():
            if rest > 0:
                parts[grant_id] = min(rest, left)
                rest -= parts[grant_id]
        return None if rest > 0 else parts

    def begin_anew(self) -> None:
        """What holds for whom is another now: what was spent before was right by other limits."""
        self.since = {
            (limit.id, member): (self.key(self.clock.now, limit), self.used(limit, member))
            for limit in self.model.limits.values()
            for member in MEMBERS
        }
        self.since_moment = self.moment

    # ------------------------------------------------------------------ members

    @rule(
        member=members,
        place=st.sampled_from(PLACES),
        items=st.lists(st.tuples(st.sampled_from(OPERATIONS), amounts), min_size=1, max_size=3),
        chained=st.booleans(),
        answered=st.sampled_from([True, True, True, False]),
    )
    def ask(
        self, member: int, place: tuple[int, Any, Any], items: list[tuple[str, int]], chained: bool, answered: bool
    ) -> None:
        number = next(self.numbers)
        card = Card(
            id=f"C{number}", guild_id=GUILD, channel_id=place[0], parent_channel_id=place[1], category_id=place[2],
            author_id=member, interaction_id=number, created_at=self.clock.now, answered=answered,
            role_ids=tuple(self.model.roles[member]),
        )  # fmt: skip
        places = frozenset(each for each in place if each is not None)
        jobs = [
            Job(
                id=f"J{number}X{position}", card_id=card.id, guild_id=GUILD, position=position, author_id=member,
                operation=operation, input={}, state=JobState.SUBMITTING, key_id=None, held=Decimal(cost),
                basis="fixed", idempotency_key=f"{number}-{position}", created_at=card.created_at,
                after_ids=(f"J{number}X0",) if chained and position else (),
            )
            for position, (operation, cost) in enumerate(items)
        ]  # fmt: skip
        spender = Spender(member_id=member, role_ids=self.model.roles[member], channel_ids=places, age_restricted=False)
        wish = SpendRequest.of(
            spender,
            [
                SpendItem(operation=job.operation, title="It", credits=job.held, exact=True, linked=bool(job.after_ids))
                for job in jobs
            ],
        )

        def decision(books: Spending) -> Any:
            return decide(wish, books)

        parts = None if self.model.rules.paused else self.fits(member, places, items)
        states = self.first_states(member, jobs)
        try:
            _, stored, fresh = self.runner.run(self.store.cards.accept(card, jobs, decision))
        except Refused:
            assert parts is None or states is None
            return
        assert parts is not None
        assert [job.state for job in stored] == states
        assert fresh
        assert not self.runner.run(self.store.cards.accept(card, jobs, decision))[2]
        self.remember(stored, places, parts)
        waits = JobState.AWAITING_APPROVAL in states
        until = card.created_at + 24 * 3600 if waits else None
        self.model.cards[card.id] = Asked([job.id for job in stored], answered, until)

    @rule(
        data=st.data(),
        member=members,
        place=st.sampled_from(PLACES),
        operation=st.sampled_from(OPERATIONS),
        more=st.sampled_from([0, 0, 1, 15]),
        beside=st.none() | st.tuples(st.sampled_from(OPERATIONS), amounts),
    )
    def ask_for_what_is_left(
        self,
        data: Any,
        member: int,
        place: tuple[int, Any, Any],
        operation: str,
        more: int,
        beside: tuple[str, int] | None,
    ) -> None:
        """Ask for exactly what a limit leaves, or a little more."""
        lefts = sorted({max(0, self.left(limit, member)) for limit in self.model.limits.values()})
        left = data.draw(st.sampled_from(lefts)) if lefts else 5
        items = [(operation, left + more), *([beside] if beside else [])]
        self.ask(member, place, items, chained=False, answered=True)

    def first_states(self, member: int, jobs: list[Job]) -> list[JobState] | None:
        """What becomes of jobs that fit; None if the queue is full."""
        rules, known = self.model.rules, self.model.jobs.values()
        running = [each for each in known if each.running()]
        free = min(
            rules.running_per_member - sum(each.job.author_id == member for each in running),
            rules.running_per_server - len(running),
        )
        loose = [job for job in jobs if not job.after_ids]
        pending = {JobState.WAITING, JobState.AWAITING_APPROVAL}
        queued = sum(
            each.job.author_id == member and each.job.state in pending and not each.job.after_ids for each in known
        )
        dear = rules.approve_above is not None and sum(job.held for job in jobs) > rules.approve_above
        more = len(loose) if dear else len(loose) - max(0, free)
        if more > 0 and queued + more > rules.queued_per_member:
            return None
        if dear:
            return [JobState.AWAITING_APPROVAL] * len(jobs)
        runs = {job.id for job in loose[: max(0, free)]}
        return [JobState.SUBMITTING if job.id in runs else JobState.WAITING for job in jobs]

    def remember(self, jobs: Iterable[Job], places: frozenset[int], parts: dict[int, int]) -> None:
        drawn: dict[str, dict[int, int]] = {}
        query = "SELECT job_id, grant_id, credits_milli FROM draws"
        for job_id, grant_id, milli in self.runner.run(
            self.store._database.read(lambda db: [tuple(row) for row in db.execute(query)])
        ):
            drawn.setdefault(job_id, {})[grant_id] = milli // 1000
        for job in jobs:
            mine = drawn.get(job.id, {})
            assert sum(mine.values()) <= job.held
            self.model.jobs[job.id] = Known(job, places, mine, int(job.held))
        paid = {
            grant_id: sum(drawn.get(job.id, {}).get(grant_id, 0) for job in self.jobs_of(jobs)) for grant_id in parts
        }
        assert paid == parts
        assert sum(sum(self.model.jobs[job.id].drawn.values()) for job in self.jobs_of(jobs)) == sum(parts.values())

    def jobs_of(self, jobs: Iterable[Job]) -> list[Job]:
        return [self.model.jobs[job.id].job for job in jobs if job.id in self.model.jobs]

    # ------------------------------------------------------------------ what becomes of jobs

    def look_again(self) -> None:
        """Take over states that the store has set by itself; of what it gave back nothing is charged any more."""
        for job in self.runner.run(self.store.job_lists.recent(GUILD, limit=10_000)):
            known = self.model.jobs[job.id]
            if job.state is JobState.CANCELLED and not known.ended:
                stopped = job.error == str(texts.LIMIT_USED_UP)  # at a start: tighter limits, or a higher cost
                assert job.after_ids or not self.model.cards[job.card_id].answered or stopped
                known.charge, known.closed = 0, True
            known.job, known.ended = job, job.state.ended

    def some(self, data: Any, *, wanted: Any) -> Known | None:
        found = [known for known in self.model.jobs.values() if wanted(known)]
        return data.draw(st.sampled_from(found)) if found else None

    def is_answered(self, known: Known) -> bool:
        """Before Discord has the card nothing is done with its jobs."""
        return self.model.cards[known.job.card_id].answered

    @rule(data=st.data(), cost=st.integers(0, 60), early=st.booleans())
    def succeed(self, data: Any, cost: int, early: bool) -> None:
        known = self.some(data, wanted=lambda one: one.running() and not one.closed and self.is_answered(one))
        if known is None:
            return
        to = JobState.READY if early else JobState.DELIVERED
        changed = self.runner.run(self.store.jobs.change(known.job, to, settle=Decimal(cost), cost=Decimal(cost)))
        assert changed is not None
        known.charge, known.closed = cost, True
        if known.overshoot:
            known.overshot_at = self.moment
        self.look_again()

    @rule(data=st.data())
    def deliver(self, data: Any) -> None:
        known = self.some(data, wanted=lambda one: one.job.state is JobState.READY)
        if known is not None:
            assert self.runner.run(self.store.jobs.change(known.job, JobState.DELIVERED)) is not None
            self.look_again()

    @rule(data=st.data(), to=st.sampled_from([JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED]))
    def release_memory(self, data: Any, to: JobState) -> None:
        known = self.some(data, wanted=lambda one: not one.ended and not one.closed and self.is_answered(one))
        if known is None:
            return
        assert self.runner.run(self.store.jobs.change(known.job, to, release=True)) is not None
        known.charge, known.closed, known.ended = 0, True, True
        self.look_again()

    @rule(data=st.data(), dropped=st.booleans())
    def hear_of_an_answer(self, data: Any, dropped: bool) -> None:
        open_ = [card_id for card_id, card in self.model.cards.items() if not card.answered]
        if not open_:
            return
        card_id = data.draw(st.sampled_from(open_))
        if dropped:
            self.runner.run(self.store.cards.drop(GUILD, card_id, "Lost."))
            self.look_again()
            assert all(self.model.jobs[job_id].ended for job_id in self.model.cards[card_id].jobs)
            del self.model.cards[card_id]
            return
        self.runner.run(self.store.cards.mark_answered(GUILD, card_id, 1, 2))
        self.model.cards[card_id].answered = True

    @rule()
    def take_turns(self) -> None:
        before = {job_id for job_id, known in self.model.jobs.items() if known.running()}
        self.runner.run(self.store.queue.start_waiting(GUILD))
        self.look_again()
        rules, jobs = self.model.rules, self.model.jobs
        running = [known for known in jobs.values() if known.running()]
        count = {member: sum(known.job.author_id == member for known in running) for member in MEMBERS}
        started = [known for known in running if known.job.id not in before]
        assert not (started and rules.paused)
        assert not started or len(running) <= rules.running_per_server
        assert all(count[known.job.author_id] <= rules.running_per_member for known in started)
        waiting = [
            known
            for known in jobs.values()
            if known.job.state is JobState.WAITING
            and (known.job.after_done or not known.job.after_ids)
            and self.model.cards[known.job.card_id].answered
        ]
        if not rules.paused and len(running) < rules.running_per_server:
            assert all(count[known.job.author_id] >= rules.running_per_member for known in waiting)

    # ------------------------------------------------------------------ moderators

    @rule(limit=limits)
    def set_limit(self, limit: Limit) -> None:
        made = self.runner.run(self.store.limits.set(GUILD, limit, by_id=9))
        self.model.limits[made.id] = made
        self.begin_anew()

    @precondition(lambda self: self.model.limits)
    @rule(data=st.data())
    def remove_limit(self, data: Any) -> None:
        limit_id = data.draw(st.sampled_from(sorted(self.model.limits)))
        assert self.runner.run(self.store.limits.remove(GUILD, limit_id)) == self.model.limits.pop(limit_id)
        self.begin_anew()

    @rule(member=members, amount=st.integers(1, 40), hours=spans)
    def give(self, member: int, amount: int, hours: int | None) -> None:
        expires_at = None if hours is None else self.clock.now + hours * 3600
        grant = self.runner.run(
            self.store.grants.add(GUILD, member, Decimal(amount), note="", by_id=9, expires_at=expires_at)
        )
        self.model.gifts[grant.id] = Gift(member, amount, expires_at)

    @precondition(lambda self: all(not pot.is_open for pot in self.model.pots.values()))
    @rule(
        purse=st.integers(1, 60), cap=st.none() | st.integers(1, 30), hours=st.sampled_from([1, 30, 200]),
    )  # fmt: skip
    def begin_event(self, purse: int, cap: int | None, hours: int) -> None:
        event = ServerEvent(
            id=f"E{next(self.numbers)}", guild_id=GUILD, channel_id=50, theme="It", purse=Decimal(purse),
            cap=Decimal(min(purse if cap is None else cap, purse)), prizes=(), made_by=9, begins_at=self.clock.now,
            ends_at=self.clock.now + hours * 3600,
        )  # fmt: skip
        made = self.runner.run(self.store.events.add(event, record=lambda _: None))
        assert made is not None
        self.model.pots[made.grant_id] = Pot(made)

    @precondition(lambda self: self.model.pots)
    @rule(member=members)
    def take_part(self, member: int) -> None:
        pot = list(self.model.pots.values())[-1]
        took = self.runner.run(self.store.events.join(GUILD, pot.event.id, member))
        assert (took is not None) is (pot.is_open and self.clock.now < pot.event.ends_at)
        if took is not None:
            pot.members.add(member)

    @precondition(lambda self: self.model.pots)
    @rule(cancelled=st.booleans())
    def end_event(self, cancelled: bool) -> None:
        pot = list(self.model.pots.values())[-1]
        state = EventState.CANCELLED if cancelled else EventState.ENDED
        paid = self.runner.run(self.store.events.end(pot.event, state, (), record=lambda _: None))
        assert (paid is not None) is pot.is_open
        assert paid is None or paid == self.paid_of_pot(pot.event.grant_id)
        pot.is_open = False

    @rule(
        change=st.fixed_dictionaries(
            {},
            optional={
                "running_per_member": st.integers(1, 3),
                "running_per_server": st.integers(1, 5),
                "queued_per_member": st.integers(1, 4),
                "approve_above": st.none() | st.sampled_from([Decimal(0), Decimal(30)]),
                "timezone": st.sampled_from(ZONES),
            },
        )
    )
    def change_rules(self, change: dict[str, Any]) -> None:
        changed = self.runner.run(self.store.settings.change(GUILD, lambda rules: replace(rules, **change)))
        self.model.rules = changed.after
        self.begin_anew()

    @rule()
    def pause_for_a_while(self) -> None:
        for paused in (True, False):
            changed = self.runner.run(
                self.store.settings.change(GUILD, lambda rules, to=paused: replace(rules, paused=to))
            )
            self.model.rules = changed.after
            if paused:
                self.take_turns()
                self.ask(1, PLACES[0], [(OPERATIONS[0], 0)], chained=False, answered=True)

    @rule(member=st.sampled_from(MEMBERS), roles=st.frozensets(st.sampled_from(ROLES)))
    def change_roles(self, member: int, roles: frozenset[int]) -> None:
        self.model.roles[member] = roles
        self.begin_anew()

    @rule(data=st.data(), approved=st.booleans())
    def decide_about_a_card(self, data: Any, approved: bool) -> None:
        asked = [card_id for card_id, card in self.model.cards.items() if card.expires_at is not None]
        if not asked:
            return
        card_id = data.draw(st.sampled_from(asked))
        if approved:
            assert self.runner.run(self.store.questions.approve(GUILD, card_id)) is not None
            self.model.cards[card_id].expires_at = None
            self.look_again()
        else:
            self.turn_down(card_id, JobState.REFUSED)

    def turn_down(self, card_id: str, to: JobState) -> None:
        ended = self.runner.run(self.store.questions.turn_down(GUILD, card_id, to, "No."))
        assert ended is not None
        for job in ended:
            known = self.model.jobs[job.id]
            known.charge, known.closed = 0, True
        self.model.cards[card_id].expires_at = None
        self.look_again()

    # ------------------------------------------------------------------ time

    @rule(
        how=st.sampled_from(["a minute", "an hour", "before midnight", "midnight", "Monday", "the first"]),
        zone=st.sampled_from(ZONES),
    )
    def let_time_pass(self, how: str, zone: str) -> None:
        here = dt.datetime.fromtimestamp(self.clock.now, zoneinfo.ZoneInfo(zone))
        days = {"Monday": 7 - here.weekday(), "the first": (here.replace(day=28) + dt.timedelta(4)).replace(day=1)}
        if how in {"a minute", "an hour"}:
            self.clock.now += 60 if how == "a minute" else 3600
        elif how == "the first":
            self.clock.now = dt.datetime.combine(days[how].date(), dt.time(), here.tzinfo).timestamp()
        else:
            day = here.date() + dt.timedelta(days["Monday"] if how == "Monday" else 1)
            midnight = dt.datetime.combine(day, dt.time(), here.tzinfo).timestamp()
            self.clock.now = max(self.clock.now, midnight - (0.001 if how == "before midnight" else 0))
        overdue = {card_id for card_id, card in self.model.cards.items() if (card.expires_at or 9e9) <= self.clock.now}
        told = self.runner.run(self.store.questions.overdue(self.clock.now, limit=100))
        assert {approval.subject for approval in told} == overdue
        for card_id in sorted(overdue):
            self.turn_down(card_id, JobState.EXPIRED)

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.open()

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def no_limit_is_passed(self) -> None:
        self.moment += 1
        for member in MEMBERS:
            for sets in self.candidates(self.model.limits.values(), member):
                assert any(all(self.holds(limit, member) for limit in one) for one in sets), (member, sets)
            for limit in self.model.limits.values():
                assert limit.scope is not Scope.SERVER or self.holds(limit, member), limit

    def holds(self, limit: Limit, member: int) -> bool:
        then, used = self.since[limit.id, member]
        before = used if then == self.key(self.clock.now, limit) else 0
        overshoots = sum(
            known.overshoot for known in self.counted(limit, member) if known.overshot_at >= self.since_moment
        )
        return self.used(limit, member) <= max(int(limit.credits), before) + overshoots

    @invariant()
    def no_purse_pays_more_than_it_has_or_a_member_may_get(self) -> None:
        for grant_id, pot in self.model.pots.items():
            for member in MEMBERS:
                used = self.runner.run(self.store.events.use(pot.event, member))
                assert used.paid == self.paid_of_pot(grant_id) <= pot.event.purse
                assert used.of_member == self.paid_of_pot(grant_id, member)
                assert used.of_member <= pot.event.cap

    @invariant()
    def the_books_are_the_models(self) -> None:
        if not hasattr(self, "store"):
            return
        known = self.model.jobs.values()
        sums = self.runner.run(self.store.ledger.balance(GUILD))
        settled = sum(each.charge for each in known if each.closed)
        assert sums.spent == settled
        assert sums.held == sum(each.charge for each in known if not each.closed)
        assert all(each.closed for each in known if each.ended)
        assert self.runner.run(differing(self.store)) == []
        rows = self.runner.run(self.store.ledger.rows(GUILD))
        assert sum(row.credits for row in rows if row.kind is LedgerKind.SETTLE) == settled
        assert sum(row.credits for row in rows if row.kind is LedgerKind.GRANT) == sum(
            gift.credits for gift in self.model.gifts.values()
        )

    @invariant()
    def what_counts_and_what_grants_have_left_are_the_models(self) -> None:
        if not hasattr(self, "store"):
            return

        def look(books: Spending) -> tuple[list[Decimal], dict[int, Decimal]]:
            spent = [
                books.spent(0, member=member, operation=operation, channel_id=channel_id)
                for member, operation, channel_id in shapes
            ]
            return spent, {grant.id: grant.left for grant in books.grants()}

        shapes = [(False, "", 0), (True, "", 0), (True, OPERATIONS[0], 0), (False, OPERATIONS[1], 500), (True, "", 50)]
        for member in MEMBERS:
            spent, lefts = self.runner.run(self.store.spending.view(GUILD, member, look))
            assert lefts == self.gifts_of(member)
            for (mine, operation, channel_id), found in zip(shapes, spent, strict=True):
                limit = Limit(
                    scope=Scope.EVERYONE if mine else Scope.SERVER, period=Period.TOTAL, operation=operation,
                    channel_id=channel_id, credits=Decimal(0),
                )  # fmt: skip
                assert found == self.used(limit, member)


Money.TestCase.settings = settings(
    max_examples=examples(quick=4, long=250),
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
)
TestMoney = Money.TestCase


class MoneyOnPostgres(OnPostgres, Money):
    """The same on the other database."""


MoneyOnPostgres.TestCase.settings = settings(Money.TestCase.settings, max_examples=examples(quick=3, long=30))
TestMoneyOnPostgres = on_postgres(MoneyOnPostgres.TestCase)
