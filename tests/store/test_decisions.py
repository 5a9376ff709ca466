from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Grant, Rules
from bot.errors import InputError
from bot.store import REFUND_REQUEST, Decision, Record, Store

GUILD = 700
Open = Callable[..., Awaitable[Store]]


async def test_a_decision_comes_back_as_it_was_noted_also_after_a_restart(open_store: Open, clock: Any) -> None:
    store = await open_store()
    await store.decisions.add(
        GUILD, lambda _: Record(by_id=7, kind="limit", text="set a limit", about={"limit": 3, "who": None})
    )
    [noted] = await store.decisions.all(GUILD)
    assert noted == Decision(
        id=noted.id, guild_id=GUILD, at=clock.now, by_id=7, kind="limit", text="set a limit", about=noted.about
    )
    assert dict(noted.about) == {"limit": 3, "who": None}
    await store.close()
    assert await (await open_store()).decisions.all(GUILD) == [noted]


async def test_the_record_is_newest_first_and_can_be_cut(store: Store, clock: Any) -> None:
    noted = []
    for number in range(4):
        clock.now += number % 2  # two of each moment
        await store.decisions.add(GUILD, lambda _, number=number: Record(by_id=1, kind="block", text=str(number)))
        noted.append((await store.decisions.all(GUILD))[0])
    await store.decisions.add(GUILD + 1, lambda _: Record(by_id=1, kind="block", text="elsewhere"))
    assert [each.text for each in noted] == ["0", "1", "2", "3"]
    assert await store.decisions.all(GUILD) == noted[::-1]
    assert await store.decisions.all(GUILD, limit=2) == [noted[3], noted[2]]


@pytest.mark.parametrize(
    "sql",
    ["UPDATE decisions SET text = 'other'", "UPDATE decisions SET at = at", "DELETE FROM decisions",
     "INSERT INTO decisions SELECT * FROM decisions WHERE true ON CONFLICT (id) DO UPDATE SET text = 'other'"],
)  # fmt: skip
async def test_nothing_changes_a_line_of_the_record(store: Store, sql: str) -> None:
    await store.decisions.add(GUILD, lambda _: Record(by_id=1, kind="key", text="changed the key"))
    [noted] = await store.decisions.all(GUILD)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await store._database.write(lambda db: db.execute(sql).rowcount)
    assert await store.decisions.all(GUILD) == [noted]


# ---------------------------------------------------------------------- a change and its line


LINE = Record(by_id=7, kind="pause", text="paused new jobs.")


def paused(rules: Rules) -> Rules:
    return replace(rules, paused=True, log_channel=55)


async def test_a_change_and_its_line_are_written_together(store: Store) -> None:
    done = await store.settings.change(GUILD, paused, record=lambda rules: LINE if rules.after.paused else None)
    assert (done.before.paused, done.after.paused) == (False, True)
    assert [line.text for line in await store.decisions.all(GUILD)] == [LINE.text]


async def test_what_is_not_worth_a_line_is_changed_without_one(store: Store) -> None:
    await store.settings.change(GUILD, paused, record=lambda _: None)
    assert (await store.settings.get(GUILD)).paused
    assert await store.decisions.all(GUILD) == await store.outbox.next_lines() == []


async def test_a_line_that_cannot_be_written_undoes_the_change(store: Store) -> None:
    def broken(_: object) -> Record:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.settings.change(GUILD, paused, record=broken)
    unwritable = replace(LINE, about={"amount": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        await store.settings.change(GUILD, paused, record=lambda _: unwritable)
    assert not (await store.settings.get(GUILD)).paused
    assert await store.decisions.all(GUILD) == []


async def test_a_change_that_is_refused_leaves_no_line(store: Store) -> None:
    def refuse(_: Rules) -> Rules:
        raise InputError("No.")

    with pytest.raises(InputError):
        await store.settings.change(GUILD, refuse, record=lambda _: LINE)
    assert await store.decisions.all(GUILD) == []


# ---------------------------------------------------------------------- the outbox


async def test_a_line_waits_to_be_posted_where_there_is_a_log_channel_by_then(store: Store) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()
    store.outbox.listen(lambda: heard.put_nowait(None))
    await store.decisions.add(GUILD, lambda _: LINE)
    assert await store.outbox.next_lines() == []
    await store.settings.change(GUILD, paused, record=lambda _: LINE)
    [line] = await store.outbox.next_lines()
    assert line == (await store.decisions.all(GUILD))[0]
    async with asyncio.timeout(60):  # PostgreSQL tells of a commit a moment after it
        for _ in range(2):
            await heard.get()
    assert heard.empty()
    await store.settings.change(GUILD, lambda rules: replace(rules, log_channel=None), record=lambda _: LINE)
    assert await store.outbox.next_lines() == [line]


async def test_the_outbox_gives_the_oldest_line_of_each_guild_and_forgets_what_was_posted(
    open_store: Open, store: Store
) -> None:
    for guild in (GUILD, GUILD + 1):
        await store.settings.change(guild, paused)
        for number in range(2):
            await store.decisions.add(guild, lambda _, text=f"{guild} {number}": replace(LINE, text=text))
    first, other = await store.outbox.next_lines()
    assert [first.text, other.text] == [f"{GUILD} 0", f"{GUILD + 1} 0"]
    assert await store.outbox.next_lines(limit=1) == [first]
    assert await store.outbox.next_lines(without=[GUILD]) == [other]
    await store.outbox.remove(GUILD + 1, first.id)  # another guild's line stays
    await store.outbox.remove(GUILD, first.id)
    await store.close()
    again = await open_store()
    assert [line.text for line in await again.outbox.next_lines()] == [f"{GUILD} 1", f"{GUILD + 1} 0"]
    assert len(await again.decisions.all(GUILD)) == 2


async def test_a_promised_line_waits_without_a_log_channel_and_is_taken_back_with_what_it_stands_for(
    store: Store, accepted: Any
) -> None:
    _, (job,) = await accepted(store)
    line = Record(kind=REFUND_REQUEST, text="x", by_id=job.author_id, about={"job": job.id})

    async def ask() -> bool:
        return await store.questions.ask_refund(job.guild_id, job.id, record=lambda _: line)

    assert (await ask(), await ask()) == (True, False)
    [queued] = await store.outbox.next_lines()
    assert queued.is_promised
    await store.outbox.take_back(queued)
    await store.outbox.take_back(queued)
    assert await store.outbox.next_lines() == []
    assert await ask()
    await store.outbox.take_back(queued)  # what is asked now is another line
    assert not await ask()


async def test_a_charged_failure_is_refunded_once_by_a_grant_of_its_cost(store: Store, accepted: Any) -> None:
    _, (job,) = await accepted(store)
    failed = await store.jobs.change(job, JobState.FAILED, settle=Decimal(7), cost=Decimal(7))
    assert failed is not None
    made: list[Any] = []

    async def grant(job_id: str) -> Grant | None:
        return await store.questions.refund(job.guild_id, job_id, note="", by_id=9, record=made.append)

    given, again, unknown = await grant(job.id), await grant(job.id), await grant("unknown")
    assert given is not None
    assert (given.left, again, unknown, made) == (7, None, None, [given])
