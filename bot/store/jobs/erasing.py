"""Erasing what jobs say. Ids, times, states, operations and credits stay: docs/decisions/0007-privacy.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from bot.store.sql import Connection

# Word for word the condition of the index of what is kept, which is read for it.
KEPT = """
erased_at IS NULL AND state IN ('delivered', 'failed', 'cancelled', 'refused', 'expired', 'held')
"""
"""Jobs that have ended and still say something."""
_BLANK = """
UPDATE jobs SET input = '{}', output = '{}', media = '[]', fill = '{}', error = NULL, lacks = '[]', recheck_at = NULL,
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
_DOOM_COPIES = """
UPDATE copies SET delete_at = :now
WHERE guild_id = :guild_id AND delete_at IS NULL AND job_id IN (SELECT value FROM json_each(:ids))
"""


ModelTest = Callable[[str], bool]
"""Whether a text is a model of the catalogue."""


def no_model(_text: str) -> bool:
    """Know no model."""
    return False


def erase_jobs(
    db: Connection,
    guild_id: int,
    job_ids: Sequence[str],
    now: float,
    *,
    is_known_model: ModelTest,
    with_copies: bool,
) -> int:
    """Blank what these ended jobs of the guild say, and what reviewers wrote of them; return how many there were.

    A model stays if `is_known_model`: it may be any text, and reports count by it. `with_copies` also has
    the messages deleted that show their results elsewhere.
    """
    values: dict[str, str | int | float] = {
        "guild_id": guild_id,
        "ids": json.dumps(list(job_ids)),
        "now": now,
    }
    models = [row[0] for row in db.execute(_MODELS, values).fetchall()]
    values["models"] = json.dumps([model for model in models if is_known_model(model)])
    db.execute(_BLANK_REASONS, values)
    if with_copies:
        db.execute(_DOOM_COPIES, values)
    return db.execute(_BLANK, values).rowcount
