"""No limit is exceeded by more than was shown: any acts on two accounts, against plain arithmetic.

A command, a reaction, a mention and a preset all end in the same card here; a retry is another card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.models import UNKNOWN, AccountStatus, Card, Job, JobState
from bot.domain.money.spend_request import Consent, Spender, SpendItem, SpendRequest, Verdict
from bot.domain.money.spending_policy import decide
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.errors import Refused
from bot.store import Store
from bot.store.jobs.rows import job_of
from tests.store.conftest import HandClock
from tests.support.databases import Databases
from tests.support.examples import examples
from tests.support.one_transaction import now, rolled_back
from tests.support.stored import window

T = TypeVar("T")
HOSTED, ALSO_HOSTED, OWN = GUILDS = (700, 701, 702)
MEMBERS, ROLES = (1, 2), ((), (11,), (11, 12))
BEGIN = dt.datetime(2026, 3, 30, 12, tzinfo=dt.UTC).timestamp()  # its month ends soon
OFTEN = (HOSTED, HOSTED, HOSTED, ALSO_HOSTED, OWN)
HELD = (Decimal(20), Decimal(10))
SCOPES = ((Scope.SERVER, 0), (Scope.EVERYONE, 0), (Scope.MEMBER, 1), (Scope.ROLE, 11), (Scope.ROLE, 12))
SENT = frozenset({JobState.SUBMITTING, JobState.PROCESSING})


@dataclass(frozen=True)
class Row:
    job: Job
    channel_id: int
    drawn: Decimal


Key = tuple[int, Limit, int | None, tuple[int, ...]]
"""The server that sees it, the limit, the member, and the period."""


class World:
    """Three servers, two of them on the host's account, in one transaction."""

    def __init__(self, store: Store, db: Any, clock: HandClock, prices: Sequence[int]) -> None:
        self.store, self.db, self.clock = store, db, clock
        self.prices = tuple(map(Decimal, prices))
        """What jobs of each unknown kind truly cost."""
        self.truths: dict[str, Decimal] = {}
        self.paid: dict[str, Decimal] = {}
        self.roles: dict[int, tuple[int, ...]] = dict.fromkeys(MEMBERS, ROLES[1])
        self.promised: dict[Key, Decimal] = {}
        self.number = 0
        self.read: list[Row] | None = None
        status = AccountStatus(credits=None, plan="", scopes=())
        self.own_key = now(store.keys.set(OWN, "cs_live_0123456789abcdef", set_by=9, status=status)).key.id

    # ------------------------------------------------------------------ plain arithmetic

    def do(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a call that may change jobs."""
        self.read = None
        return now(call)

    def rows(self) -> list[Row]:
        if self.read is None:
            self.read = self.read_rows()
        return self.read

    def read_rows(self) -> list[Row]:
        found = self.db.execute(
            "SELECT jobs.*, channel_id,"
            " (SELECT sum(credits_milli) FROM draws WHERE job_id = jobs.id) AS drawn"
            " FROM jobs JOIN cards ON cards.id = card_id ORDER BY jobs.created_at, position"
        ).fetchall()
        return [Row(job_of(each), each["channel_id"], Decimal(each["drawn"] or 0) / 1000) for each in found]

    def jobs(self, *states: JobState, late: bool = False) -> list[Job]:
        return [
            row.job for row in self.rows() if row.job.state in states and (not late or row.job.recheck_at is not None)
        ]

    def charge(self, row: Row, *, is_members: bool) -> Decimal:
        job = row.job
        charged = self.paid.get(job.id, Decimal(0) if job.state.ended else job.reserved)
        return max(Decimal(0), charged - row.drawn) if is_members else charged

    def counts(self, row: Row, guild_id: int, limit: Limit, member_id: int | None, period: tuple[int, ...]) -> bool:
        job = row.job
        at = self.clock.now if job.waits_for_price else job.created_at
        if window(at, limit.period) != period:
            return False
        if limit.scope.is_host:
            return job.key_id is None and (limit.scope is Scope.HOST_TOTAL or job.guild_id == guild_id)
        return (
            job.guild_id == guild_id
            and member_id in {None, job.author_id}
            and limit.operation in {"", job.operation}
            and limit.channel_id in {0, row.channel_id}
        )

    def is_unknown(self, job: Job) -> bool:
        is_open = not job.state.ended or job.recheck_at is not None
        return is_open and job.basis == UNKNOWN and not job.cost

    def more(self, job: Job) -> Decimal:
        """What the job will cost beyond its hold, of which a failed one has none."""
        return self.truths[job.id] - (Decimal(0) if job.state.ended else job.reserved)

    # ------------------------------------------------------------------ what is shown

    def shown(self) -> dict[Key, Decimal]:
        rows, found = self.rows(), {}
        for guild_id in dict.fromkeys(row.job.guild_id for row in rows):
            for each in now(self.store.worst_cases.of_guild(guild_id)):
                key = (guild_id, each.limit, each.member_id, window(each.since, each.limit.period))
                unknown = [self.more(row.job) for row in rows if self.counts(row, *key) and self.is_unknown(row.job)]
                assert each.worst.together.jobs == len(unknown), key
                found[key] = each.worst.over(unknown)
        return found

    def promise(self) -> None:
        """Show anew: work was added, or other limits hold."""
        self.promised = self.shown()

    def add(self, job: Job, credits_: Decimal) -> None:
        """What counts from now on only: a job that may be charged late, or that holds no other back."""
        [row] = [row for row in self.rows() if row.job.id == job.id]
        for key in self.promised:
            if self.counts(row, *key):
                self.promised[key] += max(Decimal(0), credits_)

    def check(self) -> None:
        rows = self.rows()
        for key, most in self.promised.items():
            limit, is_members = key[1], key[2] is not None
            used = sum(self.charge(row, is_members=is_members) for row in rows if self.counts(row, *key))
            assert used - limit.credits <= most, (key, used, most)

    # ------------------------------------------------------------------ members

    def ask(self, a: int, b: int, c: int) -> None:
        """Request one to four jobs of a price that is known or not: several at once, or steps of a recipe."""
        guild_id, member = OFTEN[b % 5], MEMBERS[a % 2]
        is_known, is_recipe, asks = b // 5 % 4 == 3, a // 2 % 4 == 3, a // 8 % 4 == 3
        kind = "known" if is_known else b // 20 % 3
        self.number += 1
        self.clock.now += 1
        card = Card(
            id=f"C{self.number}", guild_id=guild_id, channel_id=50 + c % 2, author_id=member,
            interaction_id=self.number, created_at=self.clock.now, answered=True, role_ids=self.roles[member],
        )  # fmt: skip
        jobs = [
            Job(
                id=f"J{self.number}X{place}", card_id=card.id, guild_id=guild_id, position=place, author_id=member,
                operation=("image.generate", "video.generate")[c // 2 % 2], input={}, state=JobState.SUBMITTING,
                key_id=self.own_key if guild_id == OWN else None, held=HELD[is_known],
                basis="fixed" if is_known else UNKNOWN, price_kind=f"model={kind}",
                idempotency_key=f"{self.number}-{place}",
                created_at=card.created_at, after_ids=(f"J{self.number}X0",) if is_recipe and place else (),
            )
            for place in range(4 - c // 4 % 4)
        ]  # fmt: skip
        request = SpendRequest(
            spender=Spender.of(card),
            items=[
                SpendItem(
                    operation=job.operation, title="It", credits=job.held, exact=is_known, known=is_known,
                    linked=bool(job.after_ids), kind=job.price_kind or "",
                )
                for job in jobs
            ],
            host_pays=guild_id != OWN,
            consent=Consent(asked=asks),
        )  # fmt: skip
        try:
            self.do(self.store.cards.accept(card, jobs, partial(decide, request)))
        except Refused:
            return
        self.truths |= {job.id: Decimal(5) if is_known else self.prices[b // 20 % 3] for job in jobs}
        self.promise()

    def cancel(self, a: int, _b: int, _c: int) -> None:
        if (job := self.some(a, JobState.WAITING, JobState.AWAITING_APPROVAL, *SENT)) is not None:
            self.do(self.store.cancellation.cancel(job.guild_id, job.id, "No longer wanted."))

    def change_roles(self, a: int, b: int, _c: int) -> None:
        self.roles[MEMBERS[a % 2]] = ROLES[b % 3]

    # ------------------------------------------------------------------ moderators and time

    def set_limit(self, a: int, b: int, c: int) -> None:
        scope, scope_id = SCOPES[a % len(SCOPES)]
        limit = Limit(
            scope=scope,
            scope_id=scope_id,
            operation=("", "", "image.generate")[c % 3],
            channel_id=(0, 0, 50)[c // 3 % 3],
            period=(Period.TOTAL, Period.DAY, Period.MONTH)[c // 9 % 3],
            credits=Decimal((25, 45, 60, 100, 400)[b // 5 % 5]),
        )
        self.do(self.store.limits.set(OFTEN[b % 5], limit, by_id=9))
        self.promise()

    def set_rules(self, a: int, b: int, _c: int) -> None:
        rules = Rules(running_per_member=1 + a % 3, approve_above=(None, None, Decimal(15))[b // 5 % 3])
        self.do(self.store.settings.change(OFTEN[b % 5], lambda _: rules))

    def approve(self, a: int, b: int, _c: int) -> None:
        if (job := self.some(a, JobState.AWAITING_APPROVAL)) is None:
            return
        if b % 4:
            self.do(self.store.approvals.approve(job.guild_id, job.card_id))
        else:
            self.do(self.store.approvals.turn_down(job.guild_id, job.card_id, JobState.REFUSED, "No."))

    def grant(self, a: int, b: int, _c: int) -> None:
        """Give credits, as for a job without a result."""
        member, credits_ = MEMBERS[a % 2], Decimal(10 + a % 3 * 15)
        self.do(self.store.grants.add(OFTEN[b % 5], member, credits_, note="", by_id=9, expires_at=None))

    def wait(self, a: int, _b: int, _c: int) -> None:
        self.clock.now += (3600, 86_400, 3 * 86_400)[a % 3]
        self.promised = self.shown() | self.promised

    # ------------------------------------------------------------------ Cannon Studio

    def start(self, *_: int) -> None:
        for guild_id in dict.fromkeys(job.guild_id for job in self.jobs(JobState.WAITING)):
            self.do(self.store.queue.start_waiting(guild_id))

    def send(self, a: int, _b: int, _c: int) -> None:
        if (job := self.some(a, JobState.SUBMITTING)) is not None:
            self.sent(job)

    def sent(self, job: Job) -> Job:
        return changed(
            self.do(
                self.store.jobs.change(
                    job, JobState.PROCESSING, attempts=1, remote_id=f"r{job.id}", submitted_at=self.clock.now
                )
            )
        )

    def tell(self, a: int, _b: int, _c: int) -> None:
        """Tell what a job costs while it is made."""
        if (job := self.some(a, JobState.PROCESSING)) is not None:
            self.told(job)

    def told(self, job: Job) -> Job:
        truth = self.truths[job.id]
        if not (truth > job.reserved or (job.basis == UNKNOWN and not job.cost)):
            return job
        raised = self.do(self.store.jobs.raise_hold(job, truth))
        assert raised is not None
        return raised.job

    def finish(self, a: int, b: int, _c: int) -> None:
        if (job := self.some(a, JobState.PROCESSING)) is not None:
            self.made(self.told(job) if b % 2 else job)
            self.start()

    def made(self, job: Job) -> None:
        truth = self.paid[job.id] = self.truths[job.id]
        changed(self.do(self.store.jobs.change(job, JobState.DELIVERED, settle=truth, cost=truth, output={})))

    def fail(self, a: int, b: int, _c: int) -> None:
        if (job := self.some(a, JobState.PROCESSING)) is None:
            return
        may_be_charged = b % 2 == 0
        changed(self.do(self.store.jobs.change(job, JobState.FAILED, release=True, recheck=may_be_charged, cost=None)))
        if may_be_charged:
            self.add(job, self.truths[job.id])
        self.start()

    def charge_late(self, a: int, b: int, _c: int) -> None:
        late = self.jobs(JobState.FAILED, late=True)
        if not late:
            return
        job = late[a % len(late)]
        truth = self.paid[job.id] = self.truths[job.id]
        if b % 2:
            self.do(self.store.rechecks.billed(job, truth))
        else:
            self.do(self.store.rechecks.found(job, output={}, media=(), cost=truth, sentence="Late."))

    def grow_old(self, a: int, _b: int, _c: int) -> None:
        """Let a job become overdue: it holds no other back from then on."""
        if (job := self.some(a, JobState.PROCESSING)) is not None and job.overdue_at is None:
            changed(self.do(self.store.jobs.change(job, JobState.PROCESSING, overdue_at=self.clock.now)))
            self.add(job, self.more(job))

    def run_all(self, a: int, b: int, _c: int) -> None:
        """Make all that may start, in some order: each as it starts, or all that have started together."""
        for _ in range(40):
            self.start()
            started = self.jobs(JobState.SUBMITTING)
            for job in started if b // 2 % 2 else started[:1]:
                self.sent(job)
            chosen = self.some(a, JobState.PROCESSING)
            if chosen is None:
                return
            self.made(self.told(chosen) if b % 2 else chosen)
            self.check()

    def some(self, number: int, *states: JobState) -> Job | None:
        found = self.jobs(*states)
        return found[number % len(found)] if found else None


def changed(job: Job | None) -> Job:
    assert job is not None
    return job


ACTS: tuple[Callable[..., None], ...] = (
    World.ask, World.run_all, World.start, World.send, World.tell, World.finish, World.fail, World.charge_late,
    World.grow_old, World.cancel, World.approve, World.grant, World.wait, World.change_roles, World.set_limit,
    World.set_rules, World.fail, World.charge_late, World.send, World.wait,
)  # fmt: skip
numbers = st.tuples(*[st.integers(0, 63)] * 3)
acts = st.lists(st.tuples(st.sampled_from(ACTS), numbers), max_size=10)
host_limits = st.sampled_from([(None, None), (45, None), (None, 60), (100, 400), (400, 100)])


def limits_of_host(each: int | None, total: int | None) -> tuple[Limit, ...]:
    amounts = ((Scope.HOST_SERVER, each), (Scope.HOST_TOTAL, total))
    return tuple(
        Limit(scope=scope, period=Period.MONTH, credits=Decimal(most)) for scope, most in amounts if most is not None
    )


@pytest.fixture
def connection(databases: Databases) -> Iterator[Any]:
    with databases.connection(databases.new()) as db:
        yield db


@pytest.mark.parametrize("last", range(4))  # 5,000 lives in all: four workers can share them
@settings(max_examples=examples(quick=50, long=1250), suppress_health_check=list(HealthCheck), deadline=None)
@given(
    host=host_limits,
    prices=st.tuples(*[st.sampled_from([300, 45, 5])] * 3),
    limits=st.lists(numbers, max_size=2),
    asks=st.lists(numbers, min_size=1, max_size=3),
    acts=acts,
)
def test_no_limit_is_exceeded_by_more_than_was_shown(
    connection: Any,
    host: tuple[int | None, int | None],
    prices: tuple[int, ...],
    limits: list[tuple[int, ...]],
    asks: list[tuple[int, ...]],
    acts: list[tuple[Callable[..., None], tuple[int, ...]]],
    last: int,
) -> None:
    clock = HandClock(BEGIN)
    with rolled_back(connection, clock) as store:
        store.limit_host_key(limits_of_host(*host))
        world = World(store, connection, clock, prices)
        first = [*((World.set_limit, each) for each in limits), *((World.ask, each) for each in asks)]
        for act, drawn in [*first, *acts, (World.run_all, (last, last, last))]:
            act(world, *drawn)
            world.check()


# ---------------------------------------------------------------------- what nothing holds back


async def unpriced(store: Store, accepted: Any, **values: Any) -> Job:
    job: Job = (await accepted(store, "20", **({"state": JobState.WAITING, "basis": UNKNOWN} | values)))[1][0]
    return job


async def at_once(store: Store) -> list[int]:
    return [each.worst.at_once.jobs for each in await store.worst_cases.of_guild(HOSTED)]


def a_limit(scope: Scope, scope_id: int = 0) -> Limit:
    return Limit(scope=scope, scope_id=scope_id, period=Period.TOTAL, credits=Decimal(100))


async def test_what_a_moderator_allowed_above_a_limit_starts_beside_others(store: Store, accepted: Any, made: Any):
    await store.limits.set(HOSTED, a_limit(Scope.SERVER), by_id=9)
    for _ in range(2):
        await unpriced(store, accepted)
    assert await at_once(store) == [1]
    asking = Verdict(states=(JobState.AWAITING_APPROVAL,), asked="limit")
    card = made.card(HOSTED)
    await store.cards.accept(card, [made.job(card, basis=UNKNOWN)], lambda _: asking)
    assert await at_once(store) == [2]
    await store.approvals.approve(HOSTED, card.id)
    assert await at_once(store) == [2]


async def test_an_overdue_job_holds_no_other_back(store: Store, accepted: Any):
    await store.limits.set(HOSTED, a_limit(Scope.SERVER), by_id=9)
    first = await unpriced(store, accepted, state=JobState.SUBMITTING)
    await unpriced(store, accepted)
    assert await at_once(store) == [1]
    await store.jobs.change(first, JobState.PROCESSING, attempts=1, overdue_at=1.0)
    assert await at_once(store) == [2]


async def test_of_several_roles_no_limit_alone_holds_a_job_back(store: Store, made: Any):
    for role in (11, 12):
        await store.limits.set(HOSTED, a_limit(Scope.ROLE, role), by_id=9)
    for roles in [(11,), (11, 12)]:
        card = replace(made.card(HOSTED), role_ids=roles)
        waiting = [made.job(card, place, basis=UNKNOWN) for place in range(2)]
        await store.cards.accept(card, waiting, lambda _: Verdict(states=(JobState.WAITING,) * 2))
    assert sorted(await at_once(store)) == [3, 4]
