"""No limit is passed by more than one job of unknown price, and nothing above a threshold runs without a yes to it.

Intake, pricing and store as the bot puts them together, against plain arithmetic: when a cost is told, and which,
is up to the test.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.account.api_keys import ApiKeys
from bot.app.container import Container
from bot.cannon.client import CannonClient
from bot.cannon.mcp import McpClient
from bot.catalogue import Catalogue, LiveCatalogue
from bot.domain.jobs.card_spec import CardSpec, JobSpec, Origin, Place
from bot.domain.models import UNKNOWN, Card, Job, JobState
from bot.domain.money.limit_rules import host_limits
from bot.domain.money.spend_request import Consent, ShownPrice
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from bot.domain.words.cast import CastMember
from bot.errors import Refused
from bot.jobs.intake import JobService, Unconfirmed
from bot.moderation.alerts import LogSink
from bot.runtime.clock import Clock
from bot.server.cast.casting import Casts
from bot.server.community.own_accounts import Payers
from bot.server.settings import Languages
from bot.settings import PostgresUrl
from bot.store import Store
from tests.store.conftest import HandClock
from tests.support.databases import OnPostgres, on_postgres
from tests.support.examples import examples
from tests.support.totals import differing
from tests.support.viewers import seeing

GUILD, MEMBERS = 700, (1, 2)
NOWHERE = "http://127.0.0.1:9"
KINDS = (
    ("image.generate", {"prompt": "x", "model": "gptimage2"}),
    ("image.generate", {"prompt": "x", "model": "seedream5"}),
    ("video.generate", {"prompt": "x", "model": "seedance2", "duration": 5}),
    ("video.generate", {"prompt": "x", "model": "seedance2", "duration": 20}),
)
NOISES = (Decimal("0.9"), Decimal(1), Decimal("1.25"))
thresholds = st.sampled_from([None, None, Decimal(0), Decimal(15), Decimal(40), Decimal(100)])
amounts = st.sampled_from([None, 45, 60, 100, 200])
truths = st.tuples(*[st.sampled_from([5, 20, 30, 70, 300])] * len(KINDS))


async def no_pictures(_member: CastMember) -> list[str]:
    return []


class NoChannel:
    async def show(self, *_: object) -> None:
        return None


class Spoken:
    async def of_guild(self, _guild_id: int) -> str:
        return "en"

    async def of_card(self, _guild_id: int, _card_id: str) -> str:
        return "en"

    async def of(self, _card: Card) -> str:
        return "en"


@dataclass
class Given:
    """What the parts of intake are made from."""

    store: Store
    clock: Clock
    client: CannonClient
    mcp: McpClient
    keys: ApiKeys
    catalogue: LiveCatalogue
    languages: Languages
    channel: LogSink


@dataclass
class Draft:
    spec: CardSpec
    shown: ShownPrice


@dataclass
class Accepting:
    """What was accepted, and which yes it had."""

    jobs: list[str]
    agreed: ShownPrice | None
    is_approved: bool = False


@dataclass
class Model:
    costs: dict[str, Decimal] = field(default_factory=dict)
    """True costs of jobs, by id."""
    holds: dict[str, Decimal] = field(default_factory=dict)
    """What jobs held when they were sent, by id."""
    cards: dict[str, Accepting] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)


class PriceLimits(RuleBasedStateMachine):
    """A guild whose limits and thresholds stay as they are, and whose prices nobody knows at first."""

    guilds: ClassVar[Sequence[int]] = (GUILD,)
    host_limits: Sequence[Limit] = ()

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = HandClock(1_767_225_600.0)
        self.model = Model()
        self.numbers = itertools.count(1)

    @initialize(
        confirm=thresholds,
        approve=thresholds,
        ceiling=thresholds,
        everyone=amounts,
        server=amounts,
        running=st.integers(1, 4),
        prices=truths,
    )
    def begin(
        self,
        confirm: Decimal | None,
        approve: Decimal | None,
        ceiling: Decimal | None,
        everyone: int | None,
        server: int | None,
        running: int,
        prices: tuple[int, ...],
    ) -> None:
        self.prices = prices
        self.rules = Rules(
            confirm_above=confirm, approve_above=approve, job_ceiling=ceiling, running_per_member=running
        )
        self.limits = [
            Limit(scope=scope, period=Period.TOTAL, credits=Decimal(amount))
            for scope, amount in ((Scope.EVERYONE, everyone), (Scope.SERVER, server))
            if amount is not None
        ]
        self.runner.run(self.open())

    @property
    def place(self) -> Path | PostgresUrl:
        return Path(self.directory.name) / "bot.db"

    async def open(self) -> None:
        self.store = await Store.open(self.place, clock=self.clock, secret_keys=("x" * 32,))
        self.store.limit_host_key(self.host_limits)
        for guild_id in self.guilds:
            await self.store.settings.change(guild_id, lambda _: self.rules)
        for limit in self.limits:
            await self.store.limits.set(GUILD, limit, by_id=9)
        catalogue = LiveCatalogue(Catalogue())
        self.client, self.mcp = CannonClient(NOWHERE, clock=self.clock), McpClient(NOWHERE)
        keys = ApiKeys(
            self.store,
            host_key="cs_test_host_000000000000",
            host_key_serves=lambda _: True,
            is_absent=lambda _: False,
            is_limited=bool(self.host_limits),
        )
        given = Given(self.store, self.clock, self.client, self.mcp, keys, catalogue, Spoken(), NoChannel())
        self.service = Container(given).new(
            JobService,
            casts=Casts(store=self.store, catalogue=catalogue, links=no_pictures),
            answered=self,
            payers=Payers(self.store, keys, is_allowed=False),
        )

    def teardown(self) -> None:
        try:
            if hasattr(self, "service"):
                assert self.runner.run(self.store.check()) == []
        finally:
            if hasattr(self, "service"):
                self.runner.run(self.close())
            self.runner.close()
            self.directory.cleanup()

    async def close(self) -> None:
        await self.client.aclose()
        await self.mcp.aclose()
        await self.store.close()

    # ------------------------------------------------------------------ members

    @rule(
        member=st.sampled_from([1, 1, 2]),
        place=st.integers(0, 1),
        kinds=st.lists(st.integers(0, len(KINDS) - 1), min_size=1, max_size=4),
        agrees=st.booleans(),
    )
    def ask(self, member: int, place: int, kinds: list[int], agrees: bool) -> None:
        self.clock.now += 1
        guild_id = self.guilds[place % len(self.guilds)]
        origin = Origin(
            place=Place(guild_id=guild_id, channel_id=5),
            author_id=member,
            viewer=seeing(guild_id, member),
            interaction_id=next(self.numbers),
        )
        steps = [JobSpec(operation=KINDS[kind][0], input=KINDS[kind][1]) for kind in kinds]
        self.submit(CardSpec(origin=origin, steps=steps))
        if agrees and self.model.drafts:
            self.agree(self.model.drafts.pop())

    @precondition(lambda self: self.model.drafts)
    @rule(data=st.data())
    def say_yes(self, data: Any) -> None:
        self.agree(self.model.drafts.pop(data.draw(st.integers(0, len(self.model.drafts) - 1))))

    def agree(self, draft: Draft) -> None:
        self.clock.now += 1
        origin = replace(draft.spec.origin, interaction_id=next(self.numbers))
        self.submit(CardSpec(origin=origin, steps=draft.spec.steps, consent=Consent(agreed=draft.shown)))

    async def note(self, card: Card, jobs: Sequence[Job], *, message_id: int, channel_id: int) -> bool:
        await self.store.cards.mark_answered(card.guild_id, card.id, message_id, channel_id)
        return not jobs

    def submit(self, spec: CardSpec) -> None:
        try:
            accepted = self.runner.run(self.service.accept(spec))
        except Unconfirmed as unconfirmed:
            self.model.drafts.append(Draft(spec, unconfirmed.shown))
            return
        except Refused:
            return
        self.runner.run(self.service.mark_answered(accepted.card, message_id=1, channel_id=5))
        self.model.cards[accepted.card.id] = Accepting([job.id for job in accepted.jobs], spec.consent.agreed)
        self.yes_was_said(accepted.jobs, spec.consent.agreed)

    def yes_was_said(self, jobs: tuple[Job, ...], agreed: ShownPrice | None) -> None:
        """Every job above a threshold was confirmed, or waits for a moderator, at the price that was shown."""
        total, is_known = sum(job.estimate for job in jobs), all(job.basis != UNKNOWN for job in jobs)
        rules = self.rules
        above = rules.confirm_above is not None and (total > rules.confirm_above or not is_known)
        beyond = rules.job_ceiling is not None and rules.approve_above is None and not is_known
        if above or beyond:
            assert agreed is not None
            assert is_known or not agreed.known, "a guess that was agreed to may have become known since"
            assert total <= agreed.credits * Decimal("1.1")
        if rules.job_ceiling is not None:
            assert all(job.held <= rules.job_ceiling for job in jobs if job.basis != UNKNOWN)
        if rules.approve_above is not None and (total > rules.approve_above or not is_known):
            assert {job.state for job in jobs} == {JobState.AWAITING_APPROVAL}

    # ------------------------------------------------------------------ moderators

    @rule(data=st.data(), approved=st.booleans())
    def decide(self, data: Any, approved: bool) -> None:
        waiting = list(dict.fromkeys(job.card_id for job in self.jobs() if job.state is JobState.AWAITING_APPROVAL))
        if not waiting:
            return
        card_id = data.draw(st.sampled_from(waiting))
        if approved:
            self.runner.run(self.store.questions.approve(GUILD, card_id))
            self.model.cards[card_id].is_approved = True
        else:
            self.runner.run(self.store.questions.turn_down(GUILD, card_id, JobState.REFUSED, "No."))
        self.start()

    @rule(kind=st.integers(0, len(KINDS) - 1), amount=st.none() | st.integers(1, 60))
    def list_price(self, kind: int, amount: int | None) -> None:
        operation, values = KINDS[kind]
        price = None if amount is None else Decimal(amount)
        for guild_id in self.guilds:
            self.runner.run(self.store.prices.set(guild_id, operation, str(values["model"]), price))

    # ------------------------------------------------------------------ Cannon Studio

    @rule()
    def start(self) -> None:
        for guild_id in self.guilds:
            self.runner.run(self.store.queue.start_waiting(guild_id))

    @rule(noise=st.sampled_from(NOISES), most=st.sampled_from([1, 9]))
    def send(self, noise: Decimal, most: int) -> None:
        for job in [job for job in self.jobs() if job.state is JobState.SUBMITTING][:most]:
            self.send_one(job, noise)

    def send_one(self, job: Job, noise: Decimal) -> None:
        kind = next(place for place, (_, values) in enumerate(KINDS) if values == dict(job.input))
        self.model.costs[job.id] = (self.prices[kind] * noise).quantize(Decimal(1))
        changed = self.runner.run(self.store.jobs.change(job, JobState.PROCESSING, attempts=1, remote_id=f"r{job.id}"))
        assert changed is not None

    @rule(data=st.data())
    def tell(self, data: Any) -> None:
        """Tell what a job costs while it is made."""
        job = self.some(data, {JobState.PROCESSING})
        if job is not None:
            self.note_cost(job)

    def note_cost(self, job: Job) -> Job:
        cost = self.model.costs[job.id]
        if not (cost > job.reserved or (job.basis == UNKNOWN and not job.cost)):
            return job
        raised = self.runner.run(self.store.jobs.raise_hold(job, cost))
        assert raised is not None
        self.start()
        return raised.job

    @rule(data=st.data(), fails=st.sampled_from([False, False, False, True]))
    def finish(self, data: Any, fails: bool) -> None:
        job = self.some(data, {JobState.PROCESSING})
        if job is None:
            return
        if fails:
            done = self.runner.run(self.store.jobs.change(job, JobState.FAILED, release=True))
        else:
            job, cost = self.note_cost(job), self.model.costs[job.id]
            done = self.runner.run(self.store.jobs.change(job, JobState.DELIVERED, settle=cost, cost=cost))
        assert done is not None
        self.start()

    def some(self, data: Any, states: set[JobState]) -> Job | None:
        found = [job for job in self.jobs() if job.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    def jobs(self) -> list[Job]:
        found: list[Job] = []
        for guild_id in self.guilds:
            found += self.runner.run(self.store.job_lists.recent(guild_id, limit=10_000))
        return sorted(found, key=lambda job: (job.created_at, job.position))  # ids are random

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def totals_are_the_ledgers(self) -> None:
        if hasattr(self, "service"):
            assert self.runner.run(differing(self.store)) == []

    @invariant()
    def no_limit_is_passed_by_more_than_one_job_of_unknown_price(self) -> None:
        if not hasattr(self, "service"):
            return
        jobs = self.jobs()
        for limit in self.limits:
            for member in MEMBERS if limit.scope is Scope.EVERYONE else (None,):
                counted = [job for job in jobs if member in {None, job.author_id}]
                over = {job.id: self.charge(job) - self.held(job) for job in counted}
                guessed = [over[job.id] for job in counted if job.basis == UNKNOWN]
                known = sum(max(over[job.id], 0) for job in counted if job.basis != UNKNOWN)
                used = sum(self.charge(job) for job in counted)
                assert used <= limit.credits + max([0, *guessed]) + known, (limit, member)

    def held(self, job: Job) -> Decimal:
        """Return what was held before the job was sent."""
        if job.attempts == 0 and not job.state.ended:
            self.model.holds[job.id] = job.reserved
        return self.model.holds.get(job.id, Decimal(0))

    def charge(self, job: Job) -> Decimal:
        if job.state is JobState.DELIVERED:
            return self.model.costs[job.id]
        return Decimal(0) if job.state.ended else job.reserved

    @invariant()
    def jobs_of_unknown_price_run_one_at_a_time_under_each_limit(self) -> None:
        if not hasattr(self, "service"):
            return
        sent = {JobState.SUBMITTING, JobState.PROCESSING}
        unpriced = [job for job in self.jobs() if job.basis == UNKNOWN and not job.cost and job.state in sent]
        if any(limit.scope is Scope.SERVER for limit in self.limits):
            assert len(unpriced) <= 1
        if self.limits:
            assert len({job.author_id for job in unpriced}) == len(unpriced)

    @invariant()
    def nothing_is_sent_that_nobody_has_approved(self) -> None:
        if not hasattr(self, "service") or self.rules.approve_above is None:
            return
        jobs = {job.id: job for job in self.jobs()}
        for card in self.model.cards.values():
            mine = [jobs[job_id] for job_id in card.jobs]
            is_above = sum(job.estimate for job in mine) > self.rules.approve_above
            if (is_above or any(job.basis == UNKNOWN for job in mine)) and not card.is_approved:
                assert all(job.attempts == 0 for job in mine)


PriceLimits.TestCase.settings = settings(
    max_examples=examples(quick=5, long=150),
    stateful_step_count=40,
    suppress_health_check=list(HealthCheck),
)
TestPriceLimits = PriceLimits.TestCase


class PriceLimitsOnPostgres(OnPostgres, PriceLimits):
    """The same on the other database."""


PriceLimitsOnPostgres.TestCase.settings = settings(
    PriceLimits.TestCase.settings, max_examples=examples(quick=3, long=10)
)
TestPriceLimitsOnPostgres = on_postgres(PriceLimitsOnPostgres.TestCase)


class HostLimits(PriceLimits):
    """Two guilds whose host limits what each may spend, or all together; their moderators list any price."""

    guilds = (GUILD, GUILD + 1)

    @initialize(
        each=st.sampled_from([None, 45, 100]),
        total=st.sampled_from([None, 45, 200]),
        running=st.integers(1, 4),
        prices=truths,
    )
    def begin(self, each: int | None, total: int | None, running: int, prices: tuple[int, ...]) -> None:  # type: ignore[override]
        self.prices, self.limits = prices, []
        self.rules = Rules(running_per_member=running, running_per_server=running)
        self.host_limits = host_limits(
            None if each is None else Decimal(each), None if total is None else Decimal(total)
        )
        self.runner.run(self.open())

    @invariant()
    def no_limit_of_the_host_is_passed_by_more_than_one_job_of_unknown_price(self) -> None:
        if not hasattr(self, "service"):
            return
        jobs = self.jobs()
        for limit in self.host_limits:
            is_total = limit.scope is Scope.HOST_TOTAL
            for guilds in [self.guilds] if is_total else [(each,) for each in self.guilds]:
                counted = [job for job in jobs if job.guild_id in guilds]
                self.holds(limit, counted)
                sent = [each for each in counted if each.state in {JobState.SUBMITTING, JobState.PROCESSING}]
                assert sum(each.basis == UNKNOWN and not each.cost for each in sent) <= 1

    def holds(self, limit: Limit, counted: Sequence[Job]) -> None:
        over = {job.id: self.charge(job) - self.held(job) for job in counted}
        guessed = [over[job.id] for job in counted if job.basis == UNKNOWN]
        known = sum(max(over[job.id], 0) for job in counted if job.basis != UNKNOWN)
        used = sum(self.charge(job) for job in counted)
        assert used <= limit.credits + max([0, *guessed]) + known, limit


HostLimits.TestCase.settings = settings(PriceLimits.TestCase.settings, max_examples=examples(quick=3, long=150))
TestHostLimits = HostLimits.TestCase


class HostLimitsOnPostgres(OnPostgres, HostLimits):
    """The same on the other database."""


TestHostLimitsOnPostgres = on_postgres(HostLimitsOnPostgres.TestCase)
