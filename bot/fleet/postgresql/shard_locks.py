"""Which process has which shard: the one with its advisory lock.

The locks are of one session, and end with it: docs/decisions/0028-when-to-look.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from bot.domain.shards import shard_targets
from bot.fleet.postgresql.listener import AnnouncementListener

LEASE = 0x0C4D
"""The space of the locks that say that the process of a token lives."""
SHARD, MEMBER = 0x0C4B, 0x0C4C
"""The spaces of the locks: one for each shard, and one that processes with the same number of shards share."""
SILENCE_S = 8.0
"""How long a process may be silent until the server ends its session, and its locks with it."""
BACK_S = 10.0
"""How long a process whose session was lost takes nothing more over: all may have lost theirs."""
JOINING = 0x0C4A_990F
"""The lock of a process that reads how many shards the others have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShards:
    """The shards of which a process has the locks."""

    ids: frozenset[int]
    surplus: int
    """How many it must close and release: others have too few."""
    shard_count: int
    """How many shards the fleet has."""
    processes: int
    """How many processes have shards, or could."""
    session: int
    """The session that has the locks."""


class ShardLocks:
    """Takes the locks of shards on the session of the announcements."""

    def __init__(self, listener: AnnouncementListener) -> None:
        self._listener = listener

    @property
    def session(self) -> int:
        """The number of the present session, 0 for none: locks of another are lost."""
        return self._listener.session

    @property
    def is_away(self) -> bool:
        """Whether the last attempt to have a session has failed: the database is away, as seen from here."""
        return self._listener.failure is not None

    async def join(self, *, wanted: int | None, recommended: int) -> int:
        """Become a member and return the fleet's number of shards; the caller has none yet.

        `wanted` is the host's setting, `recommended` Discord's. The first process decides; while others have another
        number than `wanted`, theirs is returned, and the caller is no member. Raises StoreError.
        """
        return await self._listener.ask(partial(_join, wanted=wanted, recommended=recommended))

    async def keep(self, own: frozenset[int], shard_count: int, *, among: int) -> HeldShards:
        """Join again if the session is new, and take free shards up to an even share, `own` first. Raises StoreError.

        `among` so many processes at least they are shared: if all sessions were lost, not all are back yet.
        """
        return await self._listener.ask(partial(self._keep, own=own, shard_count=shard_count, among=among))

    def _keep(self, raw: psycopg.Connection[Any], *, own: frozenset[int], shard_count: int, among: int) -> HeldShards:
        me, members, held = members_of(raw)
        if me not in members:
            shard_count = _join(raw, wanted=shard_count, recommended=shard_count)
            me, members, held = members_of(raw)
        parts = {process: held[process] for process in members}
        claimed, surplus = claims(parts, shard_count, me=me, own=own, among=among)
        taken = {each for each in claimed if raw.execute(_TRY, [SHARD, each]).fetchone()[0]}  # type: ignore[index]
        return HeldShards(
            ids=frozenset(held[me] | taken),
            surplus=surplus,
            shard_count=shard_count,
            processes=len(members),
            session=self._listener.session,
        )

    async def release(self, shard_ids: Collection[int]) -> None:
        """Release shards, which are closed. Raises StoreError."""
        await self._listener.ask(partial(_release, shard_ids=shard_ids))

    async def leave(self) -> None:
        """End the membership with all locks; the caller's shards are closed. Raises StoreError."""
        await self._listener.ask(_leave)


def claims(
    parts: Mapping[int, Collection[int]], shard_count: int, *, me: int, own: Collection[int], among: int
) -> tuple[list[int], int]:
    """Return the free shards that the process `me` takes, and how many it has too many.

    `parts`: the shards of each process. It takes all its `own`, which are connected, and others up to an even share
    `among` so many processes at least.
    """
    target = shard_targets({process: len(parts[process]) for process in sorted(parts)}, shard_count).get(me, 0)
    taken = {shard_id for each in parts.values() for shard_id in each}
    free = [shard_id for shard_id in range(shard_count) if shard_id not in taken]
    has, again = len(parts.get(me, ())), [shard_id for shard_id in free if shard_id in own]
    room = min(target, shard_count // among) - has - len(again)
    return again + [shard_id for shard_id in free if shard_id not in own][: max(0, room)], max(0, has - target)


_TRY = "SELECT pg_try_advisory_lock(%s, %s)"
LOCKS_HERE = """FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objsubid = 2 AND granted
"""
LIVING = f"SELECT objid::bigint {LOCKS_HERE} AND classid = {LEASE}"
DEAD = f"""
WITH RECURSIVE found AS (
    (SELECT lease FROM running_jobs WHERE lease IS NOT NULL ORDER BY lease LIMIT 1)
    UNION ALL
    SELECT (SELECT lease FROM running_jobs WHERE lease > found.lease ORDER BY lease LIMIT 1)
    FROM found WHERE found.lease IS NOT NULL
)
SELECT lease FROM found WHERE lease IS NOT NULL AND (hashtext(lease)::bigint & 4294967295) NOT IN ({LIVING})
"""  # noqa: S608 - assembled from constants
"""The tokens of processes that are gone, of which jobs are left: one step of an index for each token."""
_HELD = f"SELECT classid::bigint, objid::bigint, pid, pg_backend_pid() {LOCKS_HERE} AND classid IN (%s, %s)"
_UNLOCK = f"""
SELECT pg_advisory_unlock{{shared}}(classid::bigint::int, objid::bigint::int) {LOCKS_HERE}
    AND classid = %s AND pid = pg_backend_pid()
"""


def members_of(raw: psycopg.Connection[Any]) -> tuple[int, dict[int, int], defaultdict[int, set[int]]]:
    """Return the own session's process id, each member's number of shards, and which it has."""
    members, held = dict[int, int](), defaultdict[int, set[int]](set)
    for space, number, process, _ in (rows := raw.execute(_HELD, [SHARD, MEMBER]).fetchall()):
        if space == MEMBER:
            members[process] = number
        else:
            held[process].add(number)
    return (rows[0][3] if rows else 0), members, held


def _join(raw: psycopg.Connection[Any], *, wanted: int | None, recommended: int) -> int:
    raw.execute(f"SET idle_session_timeout = '{SILENCE_S}s'")
    raw.execute("SELECT pg_advisory_lock(%s)", [JOINING])
    _, members, _ = members_of(raw)
    count = next(iter(members.values()), wanted or recommended)
    if wanted in (None, count):
        raw.execute("SELECT pg_advisory_lock_shared(%s, %s)", [MEMBER, count])
    raw.execute("SELECT pg_advisory_unlock(%s)", [JOINING])
    return count


def _release(raw: psycopg.Connection[Any], *, shard_ids: Collection[int]) -> None:
    for shard_id in shard_ids:
        raw.execute("SELECT pg_advisory_unlock(%s, %s)", [SHARD, shard_id])


def _leave(raw: psycopg.Connection[Any]) -> None:
    raw.execute(_UNLOCK.format(shared=""), [SHARD])
    raw.execute(_UNLOCK.format(shared="_shared"), [MEMBER])
