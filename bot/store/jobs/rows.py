"""Column definitions of cards and jobs; a new one needs a field of `Card` or `Job`, and a migration."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bot.domain.models import RUNNING_STATES, Books, Card, Job, JobState, ShootoutPhase, WaitsFor
from bot.domain.plain import from_plain, to_plain
from bot.domain.server.member_settings import PING_AFTER_S
from bot.domain.server.places import CardPlace, may_quote
from bot.domain.words.cast import NO_CAST, Casting
from bot.domain.words.orders import Variation
from bot.domain.words.text import shortened
from bot.store.engine.columns import (
    Column,
    Table,
    from_milli,
    from_milli_or_none,
    mapping_from_json,
    media_from_json,
    media_to_json,
    place_of,
    texts_from_json,
    to_json,
    to_milli,
    to_milli_or_none,
    to_text,
    to_text_or_none,
)
from bot.store.sql import Connection, Parameters, Row
from bot.store.vault.secret_box import SecretBox

TOKEN_PURPOSE = "interaction token"  # noqa: S105 - what the token is for, not a token

_by_worker = partial(Column, is_workers=True)


def _cast_json(casting: Casting) -> str:
    return "{}" if casting == NO_CAST else to_json(to_plain(casting))


def _casting(text: str) -> Casting:
    return NO_CAST if text == "{}" else from_plain(Casting, json.loads(text))


def _all(*names: str, make: Callable[..., Column] = Column) -> list[Column]:
    return [make(name=name) for name in names]


CARDS = Table(
    "cards",
    Card,
    (
        *_all("id", "guild_id", "channel_id", "author_id", "interaction_id"),
        Column(name="token"),  # sealed below, which needs the guild's id and the box
        *_all("token_expires_at", "message_id", "message_channel_id", "outside_id"),
        Column(name="private", from_sql=bool),
        Column(name="spoiler", from_sql=bool),
        Column(name="answered", from_sql=bool),
        *_all("locale", "created_at", "parent_channel_id", "category_id"),
        Column(name="label", to_sql=to_text),
        Column(name="role_ids", to_sql=to_json, from_sql=lambda text: tuple(json.loads(text))),
    ),
)
"""The table also has `dropped_at`, `ping_due_at`, `pinged_at` and `undrawn`, which only their own statements use."""

JOBS = Table(
    "jobs",
    Job,
    (
        *_all("id", "card_id", "guild_id", "position", "author_id", "operation", "idempotency_key"),
        Column(name="held_milli", attribute="held", to_sql=to_milli, from_sql=from_milli),
        Column(name="expected_milli", attribute="expected", to_sql=to_milli_or_none, from_sql=from_milli_or_none),
        *_all("price_kind", "price_size", "price_outputs", "parent_id", "repeats_key", "source_id"),
        Column(name="after_ids", to_sql=to_json, from_sql=texts_from_json),
        Column(name="practice", attribute="books", to_sql=int, from_sql=Books),
        Column(name="fill", to_sql=to_json, from_sql=mapping_from_json),
        Column(name="variation", to_sql=to_text_or_none, from_sql=lambda text: text and Variation(text)),
        Column(name="orders", to_sql=to_json, from_sql=mapping_from_json),
        Column(name="casting", to_sql=_cast_json, from_sql=_casting),
        Column(name="state", from_sql=JobState),
        Column(name="shootout", from_sql=ShootoutPhase),
        *_all("lease", "basis", "created_at"),
        Column(name="raised_milli", attribute="raised", to_sql=to_milli, from_sql=from_milli),
        *_all("recheck_at", "rechecks"),
        Column(name="after_done", from_sql=bool),
        *_all("dropped_by", "erased_at"),
        Column(name="model", to_sql=to_text_or_none, is_read=False),  # follows `input`
        _by_worker(name="input", to_sql=to_json, from_sql=mapping_from_json),
        _by_worker(name="key_id"),
        _by_worker(name="cost_milli", attribute="cost", to_sql=to_milli_or_none, from_sql=from_milli_or_none),
        _by_worker(name="remote_id", to_sql=to_text_or_none),
        *_all("attempts", "first_attempt_at", make=_by_worker),
        _by_worker(name="in_doubt", from_sql=bool),
        *_all("next_at", "wait_s", "active_s", "denied_s", "blocked_s", "overdue_at", "slow_polls", make=_by_worker),
        _by_worker(name="poll_after_s"),
        _by_worker(name="waits_for", from_sql=lambda text: None if text is None else WaitsFor(text)),
        _by_worker(name="unusable", from_sql=bool),
        *_all("posting_failed_s", "faults", make=_by_worker),
        *_all("submitted_at", "started_at", "finished_at", "delivered_at", "message_id", make=_by_worker),
        _by_worker(name="output", to_sql=to_json, from_sql=mapping_from_json),
        _by_worker(name="media", to_sql=media_to_json, from_sql=media_from_json),
        _by_worker(name="error", to_sql=to_text_or_none),
        _by_worker(name="lacks", to_sql=to_json, from_sql=texts_from_json),
    ),
    claimed_by="lease",
)
"""The table also has `allowed`, which bot/store/guild/questions.py sets and bot/store/jobs/start_guard.py reads;
`claimed_by` is set by each claim."""

_TO_BE_DRAWN = """
UPDATE cards SET undrawn = CASE
    WHEN :state <> 'delivered' OR EXISTS (SELECT 1 FROM jobs WHERE card_id = :card_id AND id <> :id) THEN 1 ELSE 0
END WHERE guild_id = :guild_id AND id = :card_id
"""
# How the author hears of it is decided at the ping; a quick result concerns only those who chose to hear of each.
_PING_IS_DUE = """
UPDATE cards SET ping_due_at = :delivered_at
WHERE guild_id = :guild_id AND id = :card_id AND private = 0 AND pinged_at IS NULL
    AND (:delivered_at - created_at > :long_s OR EXISTS (
        SELECT 1 FROM member_settings AS own WHERE own.guild_id = cards.guild_id AND own.member_id = cards.author_id
        AND own.data ->> 'notify' IN ('ping', 'direct')
    ))
"""

CHANGEABLE = frozenset(column.field for column in JOBS.columns if column.is_workers)
"""The fields of Job that `Jobs.change` may set in addition to the state."""


def card_of(row: Row, box: SecretBox) -> Card:
    """Return the card of a row. Raises StoreError if its token was sealed for another guild."""
    sealed = row["token"]
    return CARDS.read(row, token=None if sealed is None else box.open(TOKEN_PURPOSE, row["guild_id"], sealed))


def insert_card(db: Connection, card: Card, box: SecretBox) -> None:
    sealed = None if card.token is None else box.seal(TOKEN_PURPOSE, card.guild_id, card.token)
    CARDS.insert(db, card, token=sealed)


def job_of(row: Row) -> Job:
    return JOBS.read(row)


SUBJECT_CHARS = 1000
SELECT_PLACED = """
SELECT jobs.*, cards.author_id AS card_author, cards.private AS card_private,
    coalesce(cards.message_channel_id, cards.channel_id) AS card_place
"""
"""The beginning of a query on `jobs` and `cards` whose rows are for `placed_from`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedJob:
    """A job and its card's place, which decides who may see both."""

    job: Job
    place: CardPlace


SOURCES_MAX = 20
"""Maximum sources behind a job whose words are read."""
# The job itself, then what it was made from, and so on.
_SOURCES = f"""
WITH RECURSIVE line (id, height) AS (
    SELECT id, 0 FROM jobs WHERE id = :id
    UNION ALL
    SELECT jobs.source_id, line.height + 1 FROM line JOIN jobs ON jobs.id = line.id
    WHERE jobs.guild_id = :guild_id AND jobs.source_id <> '' AND line.height < {SOURCES_MAX}
)
{SELECT_PLACED} FROM line JOIN jobs ON jobs.id = line.id JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id ORDER BY line.height
"""  # noqa: S608 - a constant number


def with_subject(db: Connection, job: Job) -> Job:
    """Return the job with what its source shows, as far as its card may quote that."""
    if not job.source_id:
        return job
    rows = db.execute(_SOURCES, {"id": job.id, "guild_id": job.guild_id}).fetchall()
    subject = ""
    for newer, older in reversed(list(itertools.pairwise(rows))):
        may_be_quoted = may_quote(place_of(older), place_of(newer))
        subject = shortened(replace(job_of(older), subject=subject).depicts, SUBJECT_CHARS) if may_be_quoted else ""
    return replace(job, subject=subject)


def jobs_from(db: Connection, query: str, values: Parameters) -> tuple[Job, ...]:
    return tuple(with_subject(db, job_of(row)) for row in db.execute(query, values).fetchall())


def placed_from(db: Connection, query: str, values: Parameters) -> list[PlacedJob]:
    """Return the jobs of a query that begins with SELECT_PLACED, with what their sources show."""
    rows = db.execute(query, values).fetchall()
    return [PlacedJob(job=with_subject(db, job_of(row)), place=place_of(row)) for row in rows]


def job_in(db: Connection, guild_id: int, job_id: str) -> Job | None:
    found = jobs_from(db, "SELECT * FROM jobs WHERE id = ? AND guild_id = ?", (job_id, guild_id))
    return next(iter(found), None)


def jobs_of_card(db: Connection, guild_id: int, card_id: str) -> tuple[Job, ...]:
    query = "SELECT * FROM jobs WHERE card_id = ? AND guild_id = ? ORDER BY position"
    return jobs_from(db, query, (card_id, guild_id))


def unchanged(db: Connection, job: Job) -> Job | None:
    """Return the job as it is stored, None unless its state and lease are still these: the fence of every change."""
    row = db.execute(_FENCED, (job.id, job.guild_id, job.state, job.lease)).fetchone()
    return None if row is None else job_of(row)


_FENCED = "SELECT * FROM jobs WHERE id = ? AND guild_id = ? AND state = ? AND lease IS ?"


def insert_job(db: Connection, job: Job) -> None:
    JOBS.insert(db, job)


def update_job(db: Connection, job: Job, was: Job) -> Job:
    """Write a job's differences from `was`, which was read in this transaction; return it as stored.

    One that does not run is under no lease.

    Its card is due for redrawing once it has ended, unless its result's message is all of the card. With a result, its
    author is to hear of it.
    """
    if job.lease is not None and job.state not in RUNNING_STATES:
        job = replace(job, lease=None)
    row = JOBS.update(db, job, was)
    if job.state.ended and job.state is not was.state:
        values = {"guild_id": job.guild_id, "card_id": job.card_id, "id": job.id, "state": job.state}
        db.execute(_TO_BE_DRAWN, values)
        if job.state is JobState.DELIVERED:
            db.execute(_PING_IS_DUE, {**values, "delivered_at": job.delivered_at, "long_s": PING_AFTER_S})
    return with_subject(db, job if row is None else job_of(row))
