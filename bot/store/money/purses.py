"""Purses of events: grants without a member, which pay first and within a cap for each member."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from decimal import Decimal

from bot.domain.money.spend_request import EventPurse
from bot.store.engine.columns import from_milli, mapping_from_json, to_milli
from bot.store.sql import Connection

NO_MEMBER = 0
"""The `member_id` of a purse."""
_RUNNING = """
SELECT events.grant_id, events.data FROM events
WHERE guild_id = :guild_id AND state = 'open'
    AND channel_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:channels))
    AND begins_at <= :now AND ends_at > :now AND practice = :practice AND EXISTS (
        SELECT 1 FROM event_members WHERE event_members.guild_id = events.guild_id
            AND event_members.event_id = events.id AND member_id = :member_id
    )
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
_OF_EVENT = "SELECT 1 FROM events WHERE guild_id = ? AND grant_id = ? AND state = 'open' AND emptied = 0"
_DUE = "UPDATE events SET due_at = ? WHERE guild_id = ? AND grant_id = ? AND state = 'open'"


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
    data = mapping_from_json(row["data"])
    left, of_member = left_in(db, guild_id, row["grant_id"], member_id)
    left = min(left, Decimal(data["cap"]) - of_member)
    return EventPurse(grant_id=row["grant_id"], left=max(left, Decimal(0)))


def left_in(db: Connection, guild_id: int, grant_id: int, member_id: int = NO_MEMBER) -> tuple[Decimal, Decimal]:
    values = {"guild_id": guild_id, "grant_id": grant_id, "member_id": member_id}
    grant, used = db.execute(_GRANT, values).fetchone(), db.execute(_PAID, values).fetchone()
    left = grant["credits_milli"] - int(used["paid"])
    return from_milli(left), from_milli(int(used["own"]))


def draw(db: Connection, guild_id: int, draws: Iterable[tuple[str, int, Decimal]], now: float) -> None:
    """Write what grants and purses pay: job, grant, credits. The event of a purse that is empty then is due."""
    drawn = [(guild_id, job_id, grant_id, to_milli(credits_)) for job_id, grant_id, credits_ in draws]
    db.executemany(_DRAW, drawn)
    for grant_id in {each[2] for each in drawn}:
        is_purse = db.execute(_OF_EVENT, (guild_id, grant_id)).fetchone() is not None
        if is_purse and left_in(db, guild_id, grant_id)[0] <= 0:
            db.execute(_DUE, (now, guild_id, grant_id))
