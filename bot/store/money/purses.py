"""Purses of events: grants without a member, which pay first and within a cap for each member."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from decimal import Decimal

from bot.domain.money.spend_request import EventPurse
from bot.store.engine.columns import from_milli, to_milli
from bot.store.sql import Connection

NO_MEMBER = 0
"""The `member_id` of a purse."""
_RUNNING = """
SELECT events.grant_id, events.cap_milli FROM events
    JOIN event_members AS members ON members.guild_id = events.guild_id AND members.event_id = events.id
    JOIN grants ON grants.id = events.grant_id
WHERE events.guild_id = :guild_id AND events.state = 'open' AND events.ends_at > :now
    AND members.member_id = :member_id AND grants.practice = :practice
    AND events.channel_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:channels))
"""
# It pays before every grant: what a job cost at the most of what was drawn.
_PAID = """
SELECT coalesce(sum(paid), 0) AS paid, coalesce(sum(CASE WHEN member_id = :member_id THEN paid ELSE 0 END), 0) AS own
FROM (
    SELECT job_charges.member_id, min(draws.credits_milli, job_charges.charged_milli) AS paid
    FROM draws JOIN job_charges ON job_charges.job_id = draws.job_id WHERE draws.grant_id = :grant_id
) AS each
"""
_GRANT = "SELECT credits_milli FROM grants WHERE guild_id = :guild_id AND id = :grant_id"
_DRAW = "INSERT INTO draws (guild_id, job_id, grant_id, credits_milli) VALUES (?, ?, ?, ?)"


def purse_of(
    db: Connection, guild_id: int, member_id: int, channel_ids: Collection[int], now: float, *, practice: bool
) -> EventPurse | None:
    values = {
        "guild_id": guild_id,
        "member_id": member_id,
        "channels": json.dumps(sorted(channel_ids)),
        "now": now,
        "practice": int(practice),
    }
    row = db.execute(_RUNNING, values).fetchone()
    if row is None:
        return None
    left, of_member = left_in(db, guild_id, row["grant_id"], member_id)
    left = min(left, from_milli(row["cap_milli"]) - of_member)
    return EventPurse(grant_id=row["grant_id"], left=max(left, Decimal(0)))


def left_in(db: Connection, guild_id: int, grant_id: int, member_id: int = NO_MEMBER) -> tuple[Decimal, Decimal]:
    values = {"guild_id": guild_id, "grant_id": grant_id, "member_id": member_id}
    grant, used = db.execute(_GRANT, values).fetchone(), db.execute(_PAID, values).fetchone()
    left = grant["credits_milli"] - int(used["paid"])
    return from_milli(left), from_milli(int(used["own"]))


def draw(db: Connection, guild_id: int, draws: Iterable[tuple[str, int, Decimal]]) -> None:
    """Write what grants and purses pay: job, grant, credits."""
    db.executemany(_DRAW, [(guild_id, job_id, grant_id, to_milli(credits_)) for job_id, grant_id, credits_ in draws])
