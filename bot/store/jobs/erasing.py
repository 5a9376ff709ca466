"""Erases what ended jobs say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from bot.store.sql import Connection

# Must match the condition of its index.
KEPT = """
erased_at IS NULL AND state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')
"""
"""Ended jobs with contents."""
_BLANK = """
UPDATE jobs SET input = '{}', output = '{}', media = '[]', fill = '{}', orders = '{}', source_id = '',
    casting = '{}', error = NULL,
    lacks = '[]', recheck_at = NULL,
    model = CASE WHEN model IN (SELECT value FROM json_each(:models)) THEN model END, erased_at = :now
WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:ids))
"""
_MODELS = """
SELECT DISTINCT model FROM jobs
WHERE guild_id = :guild_id AND model IS NOT NULL AND id IN (SELECT value FROM json_each(:ids))
"""
_BLANK_REASONS = """
UPDATE reviews SET sentence = ''
WHERE guild_id = :guild_id AND sentence <> '' AND job_id IN (SELECT value FROM json_each(:ids))
"""
_OUTCOMES = """
SELECT guild_id, card_id, data FROM shootouts WHERE guild_id = :guild_id AND card_id IN (
    SELECT card_id FROM jobs WHERE guild_id = :guild_id AND shootout <> ''
    AND id IN (SELECT value FROM json_each(:ids))
)
"""
_CHANGE_OUTCOME = "UPDATE shootouts SET data = ? WHERE guild_id = ? AND card_id = ?"
_DOOM_COPIES = """
UPDATE copies SET delete_at = :now
WHERE guild_id = :guild_id AND delete_at IS NULL AND job_id IN (SELECT value FROM json_each(:ids))
"""


ModelTest = Callable[[str], bool]
"""Whether a text is a model of the catalogue."""


def no_model(_text: str) -> bool:
    return False


def erase_jobs(
    db: Connection, guild_id: int, job_ids: Sequence[str], now: float, *, is_known_model: ModelTest, with_copies: bool
) -> int:
    """Erase the texts of these ended jobs of the guild, and reviewers' notes; return how many.

    A model stays if `is_known_model`: it may be any text, and reports count by it. `with_copies` also has the
    messages with their results deleted.
    """
    values: dict[str, str | int | float] = {"guild_id": guild_id, "ids": json.dumps(list(job_ids)), "now": now}
    models = [row[0] for row in db.execute(_MODELS, values).fetchall()]
    values["models"] = json.dumps([model for model in models if is_known_model(model)])
    if not all(map(is_known_model, models)):
        _forget_in_shootouts(db, values, is_known_model)
    db.execute(_BLANK_REASONS, values)
    if with_copies:
        db.execute(_DOOM_COPIES, values)
    return db.execute(_BLANK, values).rowcount


def _forget_in_shootouts(db: Connection, values: Mapping[str, str | int | float], is_known: ModelTest) -> None:
    """Erase the jobs' unknown models from the outcomes of the votes on them."""
    for row in db.execute(_OUTCOMES, values).fetchall():
        entries = [each if is_known(each["model"]) else {**each, "model": ""} for each in json.loads(row["data"])]
        db.execute(_CHANGE_OUTCOME, (json.dumps(entries), row["guild_id"], row["card_id"]))
