"""Unkept promises of the bot, read from its database: see docs/decisions, "Promises are rows"."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

GRACE_S = 120.0
"""How long something may be overdue while the bot runs and Discord answers: two rounds and a retry."""

# Each gives the ids of what is overdue at `:late`, in Unix seconds.
_OVERDUE = {
    "a line that moderators were to read was not posted": """
        SELECT decisions.kind || ' ' || decisions.id FROM outbox
        JOIN decisions ON decisions.id = outbox.decision_id WHERE decisions.at <= :late""",
    "a refund was requested and no line of the record says so": """
        SELECT subject FROM questions WHERE kind = 'refund_request' AND verdict IS NULL AND NOT EXISTS (
            SELECT 1 FROM decisions WHERE decisions.guild_id = questions.guild_id
                AND decisions.kind = 'refund_request' AND about ->> 'job' = subject)""",
    "a result was reported and no line of the record says so": """
        SELECT subject FROM questions WHERE kind = 'report' AND NOT EXISTS (
            SELECT 1 FROM decisions WHERE decisions.guild_id = questions.guild_id AND decisions.kind = 'report'
                AND by_id = member_id AND about ->> 'job' = subject)""",
    "moderators were not asked to approve a card": """
        SELECT subject FROM questions JOIN cards ON cards.id = subject
        WHERE kind = 'approval' AND questions.message_id IS NULL AND cards.answered = 1 AND asked_at <= :late""",
    "an approval has expired and its card still waits": """
        SELECT subject FROM questions WHERE kind = 'approval' AND expires_at <= :late""",
    "a card waits for an approval that nobody can give": """
        SELECT id FROM jobs WHERE state = 'awaiting_approval'
            AND NOT EXISTS (SELECT 1 FROM questions WHERE kind = 'approval' AND subject = jobs.card_id)""",
    "moderators were not asked to review a result": """
        SELECT subject FROM questions JOIN jobs ON jobs.id = subject
        WHERE kind = 'review' AND verdict IS NULL AND questions.message_id IS NULL
            AND state = 'ready' AND asked_at <= :late
            AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.card_id = jobs.card_id
                AND other.finished_at IS NULL AND other.state <> 'ready')""",
    "the poll of a job that was given up is overdue": "SELECT id FROM jobs WHERE recheck_at <= :late",
    "a reaction waits though its card has ended": """
        SELECT card_id FROM reaction_acts WHERE waits = 1 AND at <= :late AND NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.card_id = reaction_acts.card_id
            AND (finished_at IS NULL OR finished_at > :late))""",
    "a card does not show how its jobs have ended": """
        SELECT id FROM cards WHERE undrawn = 1 AND answered = 1 AND message_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.card_id = cards.id AND (finished_at IS NULL OR finished_at > :late))""",
    "the author of a result was not pinged": """
        SELECT id FROM cards WHERE ping_due_at <= :late AND answered = 1 AND message_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.card_id = cards.id AND (finished_at IS NULL OR finished_at > :late))""",
    "a copy of an erased result is still there": "SELECT message_id FROM copies WHERE delete_at <= :late",
    "a card was not answered and not dropped": """
        SELECT id FROM cards WHERE answered = 0 AND dropped_at IS NULL AND created_at <= :late""",
    "a rejected key was not tried again": """
        SELECT guild_id FROM guild_keys WHERE refused_at IS NOT NULL AND retired_at IS NULL AND probe_at <= :late""",
}


def broken(database: Path, now: float, *, grace_s: float = GRACE_S) -> list[str]:
    """Return a sentence for each promise that has been overdue for `grace_s` at `now` (Unix seconds); [] is right.

    The file is only read, also while the bot runs.
    """
    with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return [
            f"{what}: {row[0]}"
            for what, query in _OVERDUE.items()
            for row in db.execute(query, {"late": now - grace_s}).fetchall()
        ]
