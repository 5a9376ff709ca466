"""The table `schedule_runs`: a schedule's cards, and what they have cost in the calendar month."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import Card, Job
from bot.domain.money.spend_request import ZERO
from bot.domain.server.guild_rules import Period
from bot.domain.server.schedules import Schedule
from bot.errors import Refused
from bot.store import texts
from bot.store.engine.columns import from_milli
from bot.store.money.spending import Spending
from bot.store.sql import Connection

_IS_DUE = "SELECT 1 FROM schedules WHERE guild_id = ? AND id = ? AND next_at = ?"
_MOVE = "UPDATE schedules SET next_at = ? WHERE guild_id = ? AND id = ?"
_NOTE = "INSERT INTO schedule_runs (guild_id, card_id, schedule_id, due_at, at) VALUES (?, ?, ?, ?, ?)"
_SPENT = """
SELECT sum(charged_milli) FROM schedule_runs JOIN job_charges
    ON job_charges.card_id = schedule_runs.card_id AND job_charges.guild_id = schedule_runs.guild_id
WHERE schedule_runs.guild_id = :guild_id AND schedule_id = :schedule_id AND schedule_runs.at >= :since
    AND practice = :practice
"""
_GIVE_BACK = """
UPDATE schedules SET next_at = (SELECT due_at FROM schedule_runs WHERE guild_id = :guild_id AND card_id = :card_id)
WHERE guild_id = :guild_id AND is_off = 0
    AND id = (SELECT schedule_id FROM schedule_runs WHERE guild_id = :guild_id AND card_id = :card_id)
"""
_FORGET = "DELETE FROM schedule_runs WHERE guild_id = :guild_id AND card_id = :card_id"


def take_run(db: Connection, run: Schedule, card: Card, jobs: Sequence[Job], spending: Spending) -> None:
    """Make the card the schedule's due run, in the transaction that stores it, and move the schedule to its next one.

    Raises Refused if the run is no longer due, or if it would exceed the schedule's limit of this month.
    """
    if db.execute(_IS_DUE, (run.guild_id, run.id, run.next_at)).fetchone() is None:
        raise Refused(texts.RUN_NOT_DUE)
    zone = spending.rules.zone
    spent = spent_since(db, run.guild_id, run.id, Period.MONTH.start(spending.now, zone), practice=spending.practice)
    price = sum((job.held for job in jobs), ZERO)
    if spent + price > run.limit:
        raise Refused(texts.SCHEDULE_LIMIT(spent=spent, limit=run.limit, price=price))
    db.execute(_MOVE, (None if run.once else run.next_after(spending.now, zone), run.guild_id, run.id))
    db.execute(_NOTE, (run.guild_id, card.id, run.id, run.next_at, card.created_at))


def give_run_back(db: Connection, guild_id: int, card_id: str) -> None:
    """Make the run due again whose card never reached Discord; nothing for other cards, or a schedule that is off."""
    values = {"guild_id": guild_id, "card_id": card_id}
    db.execute(_GIVE_BACK, values)
    db.execute(_FORGET, values)


def spent_since(db: Connection, guild_id: int, schedule_id: str, since: float, *, practice: bool) -> Decimal:
    """Return what a schedule's cards since then (Unix seconds) cost or hold, in credits."""
    values = {"guild_id": guild_id, "schedule_id": schedule_id, "since": since, "practice": practice}
    return from_milli(db.execute(_SPENT, values).fetchone()[0])
