"""Counts what the store does for a picture: synced commits, visits to its threads, statements."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import discord

from bot.store import Store
from bot.store.engine.connection import ConnectionThread
from bot.store.engine.group_commit import GroupCommit
from bot.store.sql import WriteScope
from tests.support.rig import Rig

CALLERS = 3
"""How many functions a visit is named by."""
WARM = 10
"""Pictures made first: then durations and prices are known, and what is cached is cached."""
BEAT_S, BEATS_MAX = 0.25, 400


@dataclass
class WorkCounts:
    """`by_name` says which functions visited a thread, to find out what grew."""

    commits: int = 0
    """Commits that changed a row: each waits for the disk."""
    hops: int = 0
    """Functions run on a connection's thread: each is a hand-over there and, but for a checkpoint, back."""
    statements: int = 0
    """Statements, BEGIN and COMMIT included; what triggers run is not counted."""
    by_name: Counter[str] = field(default_factory=Counter)

    is_counting: bool = True


@contextlib.asynccontextmanager
async def counted(store: Store) -> AsyncIterator[WorkCounts]:
    """Count the work of a store on an SQLite file inside the block."""
    counts, database = WorkCounts(), store._database
    threads = {database._writer, database._reader, database._searcher}
    for thread in threads:
        await thread.run(lambda db: _trace(db, counts))
    queue, write = ConnectionThread._queue, GroupCommit.write

    def counted_queue(thread: ConnectionThread, outcome: Any, turn: Callable[[], Any]) -> None:
        if counts.is_counting and thread in threads:
            counts.hops += 1
            if outcome is not None and thread is not database._writer:
                counts.by_name[f"read {_callers()}"] += 1
        queue(thread, outcome, turn)

    async def counted_write(commits: GroupCommit, function: Callable[[Any], Any], scope: WriteScope) -> Any:
        if counts.is_counting:
            counts.by_name[f"write {_callers()}"] += 1
        return await write(commits, function, scope)

    ConnectionThread._queue, GroupCommit.write = counted_queue, counted_write  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        ConnectionThread._queue, GroupCommit.write = queue, write  # type: ignore[method-assign]
        for thread in threads:
            await thread.run(lambda db: db.set_trace_callback(None))


def _trace(connection: sqlite3.Connection, counts: WorkCounts) -> None:
    changes, last = connection.total_changes, ""

    def note(statement: str) -> None:
        nonlocal changes, last
        if statement.startswith("--") or statement == last:  # a trigger's, or the one that caused it
            return
        last = statement
        if counts.is_counting:
            counts.statements += 1
            counts.commits += statement == "COMMIT" and connection.total_changes != changes
        if statement == "COMMIT":
            changes = connection.total_changes

    connection.set_trace_callback(note)


def _callers() -> str:
    """Return the functions of the bot that led to this visit, outside the engine of the store."""
    names, frame = [], sys._getframe(2)
    while frame is not None and len(names) < CALLERS:
        path = frame.f_code.co_filename
        if ("/bot/" in path or "/cogs/" in path) and "/store/engine/" not in path:
            names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return " < ".join(names)


async def work_of_pictures(rig: Rig, count: int) -> WorkCounts:
    """Return what so many pictures, each of another member, cost the store, made one after the other.

    Not counted is what does not depend on their number: looking for jobs that no process has.
    """
    worker = rig.bot.parts.worker
    await rig.send_at_once()
    for number in range(WARM):
        await _make(rig, f"heron {number}")
    async with counted(rig.bot.parts.store) as counts:
        for number in range(count):
            rig.member = rig.guild.add_member(rig.env.create_user(f"member{number}"))
            worker.agenda.claim_due = math.inf
            await _make(rig, f"fox {number}")
        return counts


async def _make(rig: Rig, prompt: str) -> None:
    before = len(_posted(rig))
    await rig.member.slash(rig.channel, "image generate", prompt=prompt)
    for _ in range(BEATS_MAX):
        await _beat(rig)
        rig.advance(BEAT_S)
        if len(_posted(rig)) > before:
            break
    else:
        raise AssertionError(f"not posted: {await rig.jobs()}")
    await rig.env.settle()


async def _beat(rig: Rig) -> None:
    """Do what is due now, as the loops of a running bot do: `Rig.step` looks for jobs each time."""
    parts = rig.bot.parts
    with rig.env.time_context():
        if parts.maintenance.woken.is_set():
            parts.maintenance.woken.clear()
            await parts.maintenance.run_once()
        await parts.worker.claims.renew()
        await parts.worker.claims.claim()
        parts.worker._start_due()
        while parts.worker._turns:
            await asyncio.wait(parts.worker._turns)
            parts.worker._start_due()
        await parts.delivery.tick()


def _posted(rig: Rig) -> list[discord.Attachment]:
    return [each for message in rig.messages() for each in message.attachments]
