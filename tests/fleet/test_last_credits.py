"""Fifty commands race for the last credits over three processes: exactly as many win as fit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.models import LedgerKind
from bot.domain.money.spend_request import DEFAULT_HOLD
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime.clock import SystemClock
from bot.settings import PostgresUrl
from bot.store import Store
from tests.fleet.racer import GUILD, SECRET, Ask, Outcome

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PROCESSES = 3
COMMANDS = 50
MEMBER = 5000
DRAW, ENHANCE = "image.generate", "prompt.enhance.image"
"""What is held `DEFAULT_HOLD` for, and what costs one credit."""


class Racer:
    """A process that takes part in one race after the other (racer.py)."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.fleet.racer"]
        self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    async def ask(self, **told: Any) -> Any:
        """Send a line, and return what the process answers to it."""
        self.tell(**told)
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        assert line, "it has ended: see its traceback"
        return json.loads(line)

    def tell(self, **told: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    async def take(self, asks: Sequence[Ask], *, at_once: bool) -> list[Outcome]:
        outcomes = await self.ask(asks=[asdict(each) for each in asks], at_once=at_once)
        return [Outcome(**each | {"held": tuple(each["held"])}) for each in outcomes]

    def end(self) -> int:
        """Close its input, and return its exit status."""
        self._process.communicate()
        return self._process.returncode


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Racer]]:
    """The processes of all races: most of their time goes into their imports."""
    made = [Racer() for _ in range(PROCESSES)]
    yield made
    assert [each.end() for each in made] == [0] * PROCESSES


Race = Callable[..., Awaitable[list[Outcome]]]
Start = Callable[..., contextlib.AbstractAsyncContextManager[Race]]


@pytest.fixture
def racing(processes: list[Racer], fleet_url: str) -> Start:
    """Let the processes open the database; what is given takes requests in on all of them at the same time."""

    @contextlib.asynccontextmanager
    async def start(monthly_limit: str = "", monthly_total: str = "") -> AsyncIterator[Race]:
        limits = {"monthly_limit": monthly_limit, "monthly_total": monthly_total}
        opened = [each.ask(url=fleet_url, **limits) for each in processes]
        assert await asyncio.gather(*opened) == ["ready"] * PROCESSES

        async def race(asks: Sequence[Ask], *, at_once: bool) -> list[Outcome]:
            parts = [asks[place::PROCESSES] for place in range(PROCESSES)]
            runs = [racer.take(part, at_once=at_once) for racer, part in zip(processes, parts, strict=True)]
            outcomes = list(itertools.chain(*await asyncio.gather(*runs)))
            assert len(outcomes) == len(asks)
            return outcomes

        yield race
        assert await asyncio.gather(*(each.ask(asks=None) for each in processes)) == ["closed"] * PROCESSES

    return start


@pytest.fixture
async def store(fleet_url: str) -> AsyncIterator[Store]:
    """A store on the fleet's database, by which moderators set limits and auditors look."""
    opened = await Store.open(PostgresUrl(fleet_url), clock=SystemClock(), secret_keys=[SECRET])
    await opened.settings.change(GUILD, lambda rules: replace(rules, estimate_tool=False))
    yield opened
    await opened.close()


async def limit(store: Store, credits_: Decimal | int, scope: Scope, scope_id: int = 0) -> None:
    made = Limit(scope=scope, scope_id=scope_id, period=Period.MONTH, credits=Decimal(credits_))
    await store.limits.set(GUILD, made, by_id=1)


def asks(operation: str, *, member: int | None = None, round_: int = 0) -> list[Ask]:
    """Return fifty requests: of one member, or each of another one."""
    return [Ask(member or MEMBER + number, round_ * COMMANDS + number, operation) for number in range(COMMANDS)]


async def audited(store: Store, outcomes: Sequence[Outcome], *, each: Decimal | int) -> list[Outcome]:
    """Compare what the processes answered with the books; return those who won."""
    won = [outcome for outcome in outcomes if outcome.card]
    rows = [row for row in await store.ledger.rows(GUILD) if row.job_id is not None]
    assert [row.kind for row in rows] == [LedgerKind.HOLD] * len(won)
    assert {row.credits for row in rows} <= {Decimal(each)}
    assert (await store.ledger.balance(GUILD)).held == each * len(won)
    jobs = await store.job_lists.recent(GUILD, limit=1000)
    assert Counter(job.author_id for job in jobs) == Counter(outcome.member for outcome in won)
    assert {job.card_id for job in jobs} == {outcome.card for outcome in won}
    assert await store.check() == []
    return won


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("fit", [1, 7, 23])
async def test_exactly_as_many_win_the_servers_last_credits_as_fit(
    store: Store, racing: Start, fit: int, at_once: bool
):
    most = fit * DEFAULT_HOLD + 19
    await limit(store, most, Scope.SERVER)
    async with racing() as race:
        outcomes = await race(asks(DRAW), at_once=at_once)
    won = await audited(store, outcomes, each=DEFAULT_HOLD)
    assert len(won) == fit
    refusals = {each.refusal for each in outcomes if not each.card}
    assert refusals == {f"This server has 19 of its {most} monthly credits left"}


@pytest.mark.parametrize("at_once", [True, False])
async def test_of_one_members_commands_as_many_win_as_their_limit_and_their_grant_leave(
    store: Store, racing: Start, at_once: bool
):
    await limit(store, 6, Scope.MEMBER, MEMBER)
    await limit(store, 9, Scope.SERVER)
    await store.grants.add(GUILD, MEMBER, Decimal(4), note="", by_id=1, expires_at=None)
    async with racing() as race:
        outcomes = await race(asks(ENHANCE, member=MEMBER), at_once=at_once)
    assert len(await audited(store, outcomes, each=1)) == 9
    # Six were paid by the member's limit, so three of the four credits granted.
    assert [grant.left for grant in await store.grants.of_member(GUILD, MEMBER)] == [1]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_grant_pays_for_no_more_than_it_has(store: Store, racing: Start, at_once: bool):
    await limit(store, 1, Scope.MEMBER, MEMBER)
    await store.grants.add(GUILD, MEMBER, Decimal(11), note="", by_id=1, expires_at=None)
    async with racing() as race:
        outcomes = await race(asks(ENHANCE, member=MEMBER), at_once=at_once)
    assert len(await audited(store, outcomes, each=1)) == 12
    assert await store.grants.of_member(GUILD, MEMBER) == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_hosts_monthly_limit_is_kept_over_all_processes(store: Store, racing: Start, at_once: bool):
    async with racing(monthly_limit=str(5 * DEFAULT_HOLD + 1)) as race:
        outcomes = await race(asks(DRAW), at_once=at_once)
    assert len(await audited(store, outcomes, each=DEFAULT_HOLD)) == 5


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_hosts_monthly_limit_is_kept_over_all_servers(store: Store, racing: Start, at_once: bool):
    """Commands of different servers wait for each other only where the host's key pays."""
    guilds = [GUILD, GUILD + 1, GUILD + 2, GUILD + 3]
    for guild_id in guilds[1:]:
        await store.settings.change(guild_id, lambda rules: replace(rules, estimate_tool=False))
    spread = [replace(each, guild=guilds[number % 4]) for number, each in enumerate(asks(DRAW))]
    async with racing(monthly_total=str(5 * DEFAULT_HOLD + 1)) as race:
        outcomes = await race(spread, at_once=at_once)
    assert sum(bool(each.card) for each in outcomes) == 5
    held = [(await store.ledger.balance(guild_id)).held for guild_id in guilds]
    assert sum(held) == 5 * DEFAULT_HOLD
    assert await store.check() == []


async def test_the_same_interaction_in_all_processes_is_one_card_and_one_hold(store: Store, racing: Start):
    async with racing() as race:
        outcomes = await race([Ask(MEMBER, 1, DRAW)] * COMMANDS, at_once=True)
    assert len({each.card for each in outcomes}) == 1
    assert sum(each.fresh for each in outcomes) == 1
    assert (await store.ledger.balance(GUILD)).held == DEFAULT_HOLD
    assert await store.check() == []


async def test_a_limit_that_is_set_meanwhile_applies_to_all_who_come_after_it_in_every_process(
    store: Store, racing: Start
):
    async with racing() as race:
        first = await race(asks(ENHANCE), at_once=True)
        assert all(each.card for each in first)
        await limit(store, COMMANDS, Scope.SERVER)
        later = await race(asks(ENHANCE, round_=1), at_once=True)
    assert not any(each.card for each in later)
    await audited(store, first + later, each=1)
