"""Erases what ended jobs say, and members' words in the input of others' jobs, which repeat or vary a result."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence

from bot.domain.models import PROMPT_FIELDS, JobState
from bot.store.engine.columns import to_json
from bot.store.sql import Connection, Row

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
UPDATE questions SET sentence = ''
WHERE guild_id = :guild_id AND sentence <> '' AND kind = 'review' AND subject IN (SELECT value FROM json_each(:ids))
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


# ---------------------------------------------------------------------- copied words

COMPARED_CHARS = 200
"""Copies may be cut: how much of a text makes one."""
# The first condition must match the index literally, or SQLite does not use it. CROSS: the ids first.
_MADE_FROM = """
SELECT jobs.id, jobs.author_id, jobs.state, jobs.input FROM json_each(:ids) AS parent
CROSS JOIN jobs ON jobs.guild_id = :guild_id
    AND coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id) = parent.value
UNION
SELECT jobs.id, jobs.author_id, jobs.state, jobs.input FROM json_each(:ids) AS parent
CROSS JOIN jobs ON jobs.guild_id = :guild_id AND jobs.source_id = parent.value AND jobs.source_id <> ''
"""
_INPUTS = "SELECT id, input FROM jobs WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:ids))"
# A text that was made of the words is one of them; files stay their author's.
_BLANK_COPIES = """
UPDATE jobs SET input = '{}', fill = '{}', orders = '{}', output = CASE media WHEN '[]' THEN '{}' ELSE output END
WHERE guild_id = :guild_id AND id IN (SELECT value FROM json_each(:ids))
"""


def erase_copies(db: Connection, guild_id: int, member_id: int, job_ids: Sequence[str]) -> list[str]:
    """Erase the words of these jobs of a member from others' ended jobs made from them.

    Returns the jobs whose words an open one still needs.
    """
    inputs = db.execute(_INPUTS, {"guild_id": guild_id, "ids": to_json(list(job_ids))}).fetchall()
    words = {row["id"]: _words(json.loads(row["input"])) for row in inputs}
    others = [row for row in _made_from(db, guild_id, job_ids) if row["author_id"] != member_id]
    copies = {row["id"]: {job_id for job_id, texts in words.items() if _has_any(row["input"], texts)} for row in others}
    is_open = {row["id"]: not JobState(row["state"]).ended for row in others}
    ended = [job_id for job_id, found in copies.items() if found and not is_open[job_id]]
    db.execute(_BLANK_COPIES, {"guild_id": guild_id, "ids": to_json(ended)})
    return sorted({each for job_id, found in copies.items() if is_open[job_id] for each in found})


def _made_from(db: Connection, guild_id: int, job_ids: Sequence[str]) -> Collection[Row]:
    found: dict[str, Row] = {}
    newest = list(job_ids)
    while newest:
        rows = db.execute(_MADE_FROM, {"guild_id": guild_id, "ids": to_json(newest)}).fetchall()
        newest = [row["id"] for row in rows if row["id"] not in found]
        found |= {row["id"]: row for row in rows}
    return found.values()


def _words(given: dict[str, object]) -> list[str]:
    texts = [given.get(name) for name in PROMPT_FIELDS]
    return [text[:COMPARED_CHARS] for text in texts if isinstance(text, str) and text.strip()]


def _has_any(given: str, texts: Collection[str]) -> bool:
    values = [each for each in json.loads(given).values() if isinstance(each, str)]
    return any(text in value for text in texts for value in values)
