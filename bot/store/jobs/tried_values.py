"""Values the API accepted or rejected per account, written with the job's change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.models import Job
from bot.store.engine.columns import read_as, to_text
from bot.store.engine.repository import Repository
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


VALUES_OF_FIELD = 50
"""Values kept per field and account; the least recently used go first."""
VALUES_OF_GUILD = 2000
"""Values kept per guild, over all accounts."""
REFUSALS_OF_WORKING = 2
"""Rejections in a row after which a formerly accepted value counts as rejected."""

_WORKED = """
INSERT INTO tried_values (guild_id, key_id, operation, field, value, uses, used_at, member_id)
VALUES (:guild_id, :key_id, :operation, :field, :value, 1, :now, :member_id)
ON CONFLICT (guild_id, key_id, operation, field, value) DO UPDATE
SET uses = tried_values.uses + 1, refusals = 0, used_at = excluded.used_at, said = '',
    member_id = CASE WHEN tried_values.member_id = excluded.member_id THEN excluded.member_id END
"""
_REFUSED = """
INSERT INTO tried_values (guild_id, key_id, operation, field, value, refusals, used_at, said, member_id)
VALUES (:guild_id, :key_id, :operation, :field, :value, 1, :now, :said, :member_id)
ON CONFLICT (guild_id, key_id, operation, field, value) DO UPDATE
SET refusals = tried_values.refusals + 1, said = excluded.said,
    member_id = CASE WHEN tried_values.member_id = excluded.member_id THEN excluded.member_id END
"""
REFUSED_S = 30 * 24 * 3600.0
"""How long a rejected id of a model is not tried again."""
_NOTE_ID = """
INSERT INTO model_ids (operation, model_id, works, noted_at) VALUES (:operation, :id, :works, :now)
ON CONFLICT (operation, model_id) DO UPDATE SET works = excluded.works, noted_at = excluded.noted_at
"""
_IDS = "SELECT operation, model_id, works FROM model_ids WHERE works = 1 OR noted_at > ?"
_DROP_OF_FIELD = f"""
DELETE FROM tried_values
WHERE guild_id = :guild_id AND key_id = :key_id AND operation = :operation AND field = :field AND value IN (
    SELECT value FROM tried_values
    WHERE guild_id = :guild_id AND key_id = :key_id AND operation = :operation AND field = :field
    ORDER BY used_at DESC, value LIMIT -1 OFFSET {VALUES_OF_FIELD}
)
"""  # noqa: S608 - a constant number
_DROP_OF_GUILD = f"""
DELETE FROM tried_values WHERE guild_id = :guild_id AND (key_id, operation, field, value) IN (
    SELECT key_id, operation, field, value FROM tried_values WHERE guild_id = :guild_id
    ORDER BY used_at DESC, value LIMIT -1 OFFSET {VALUES_OF_GUILD}
)
"""  # noqa: S608 - a constant number
_OF_MEMBER = """
SELECT guild_id, key_id, operation, field, value FROM tried_values
WHERE guild_id = :guild_id AND member_id = :member_id
"""
_DELETE = """
DELETE FROM tried_values WHERE guild_id = ? AND key_id = ? AND operation = ? AND field = ? AND value = ?
"""
_ALL = """
SELECT operation, field, value, uses, refusals, used_at, said FROM tried_values
WHERE guild_id = ? AND key_id = ? ORDER BY used_at DESC, uses DESC, value
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOutcome:
    """Outcome of a job's values by field: accepted or rejected by the API."""

    values: Mapping[str, str]
    said: str | None = None
    """The API's sentence for a rejection; None: accepted."""
    model_id: str | None = None
    """The likely id of a model, if it is known for all servers now; None for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedValue:
    """A field's value with its outcome on one account."""

    operation: str
    field: str
    value: str
    uses: int
    """How many results were made with it."""
    used_at: float
    """When last accepted, or first rejected (Unix seconds)."""
    works: bool
    said: str


class ModelIds(Repository):
    """The table `model_ids`, written with the outcome of jobs."""

    async def all(self) -> dict[tuple[str, str], bool]:
        """Return whether each likely id works, by operation and id; rejections count for REFUSED_S."""
        rows = await self._rows(_IDS, (self._clock.wall() - REFUSED_S,))
        return {(row["operation"], row["model_id"]): bool(row["works"]) for row in rows}

    async def forget(self) -> None:
        """Forget all: they are tried again."""
        await self._execute("DELETE FROM model_ids")


class TriedValues(Repository):
    """The table `tried_values`. `key_id` is the paying API key, None for the host's."""

    async def all(self, guild_id: int, key_id: int | None) -> list[TriedValue]:
        """Return the values tried on the account of the guild's key, latest first."""
        rows = await self._rows(_ALL, (guild_id, key_id or 0))
        return [
            read_as(TriedValue, row, works=row["refusals"] < (REFUSALS_OF_WORKING if row["uses"] else 1))
            for row in rows
        ]


def note_outcome(db: Connection, job: Job, outcome: TriedOutcome, now: float) -> None:
    """Note the outcome of the job's values, in its transaction; delete the excess."""
    for field, value in outcome.values.items():
        row: dict[str, str | int | float] = {
            "guild_id": job.payer_id,
            "key_id": job.key_id or 0,
            "operation": job.operation,
            "field": field,
            "value": to_text(value),
            "now": now,
            "said": to_text(outcome.said or ""),
            "member_id": job.author_id,
        }
        db.execute(_WORKED if outcome.said is None else _REFUSED, row)
        db.execute(_DROP_OF_FIELD, row)
    if outcome.model_id is not None:
        works = int(outcome.said is None)
        db.execute(_NOTE_ID, {"operation": job.operation, "id": outcome.model_id, "works": works, "now": now})
    if outcome.values:
        db.execute(_DROP_OF_GUILD, {"guild_id": job.payer_id})


def forget_of_member(db: Connection, guild_id: int, member_id: int, is_known_model: ModelTest) -> None:
    """Delete the values that only this member sent: they may be private texts. A known model stays."""
    _forget(db, guild_id, member_id, is_known_model, "1 = 1", {})
    db.execute("UPDATE tried_values SET member_id = NULL WHERE guild_id = ? AND member_id = ?", (guild_id, member_id))


def forget_of_job(db: Connection, job: Job, is_known_model: ModelTest) -> None:
    """Delete the values that only this job sent. A known model stays."""
    values = json.dumps([value for value in job.input.values() if isinstance(value, str)])
    condition = "operation = :operation AND uses + refusals = 1 AND value IN (SELECT value FROM json_each(:values))"
    _forget(db, job.payer_id, job.author_id, is_known_model, condition, {"operation": job.operation, "values": values})


def _forget(
    db: Connection, guild_id: int, member_id: int, is_known_model: ModelTest, condition: str, values: Mapping[str, str]
) -> None:
    whose = {"guild_id": guild_id, "member_id": member_id, **values}
    query = f"{_OF_MEMBER} AND {condition}"
    doomed = [
        tuple(row)
        for row in db.execute(query, whose).fetchall()
        if not (row["field"] == "model" and is_known_model(row["value"]))
    ]
    db.executemany(_DELETE, doomed)
