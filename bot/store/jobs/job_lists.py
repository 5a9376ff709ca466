"""Queries of `jobs` for people: lists, pages and counts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.models import Job, JobState, MediaKind
from bot.domain.server.places import CardPlace
from bot.store.engine.columns import place_of, to_json
from bot.store.engine.repository import Repository
from bot.store.jobs.rows import SELECT_PLACED, PlacedJob, job_of, jobs_from, placed_from
from bot.store.sql import Connection, Parameters

SEARCHED = 5000
"""Newest jobs of a server, or of a member, that a search goes through."""
CHUNK = 100
"""Candidates checked at once against the other conditions."""
_LOOSE = re.compile(r"ss|[^ -~]+|[%_\\]")
"""What a pattern of SQL leaves to Python: letters with another lower case, and signs that it means otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundResult:
    """A search hit, with its card's place."""

    job_id: str
    place: CardPlace


class _PlacedLists(Repository):
    async def _placed(self, query: str, values: Parameters) -> list[PlacedJob]:
        return await self._database.read(lambda db: placed_from(db, query, values))


class JobLists(_PlacedLists):
    """Lists, pages and counts of jobs."""

    async def recent(
        self,
        guild_id: int,
        *,
        limit: int = 25,
        states: Collection[JobState] | None = None,
        author_id: int | None = None,
    ) -> list[Job]:
        """Return the guild's jobs in `states`, of this member, newest first, at most `limit`."""
        values = _narrowed(guild_id, author_id, states, limit=limit, offset=0, with_secret=1)
        query = _RECENT.format(newest=_newest(author_id, states))
        return await self._database.read(lambda db: list(jobs_from(db, query, values)))

    async def results(
        self, guild_id: int, *, kinds: Collection[MediaKind], words: Sequence[str] = (), limit: int = SEARCHED
    ) -> list[FoundResult]:
        """Return the guild's results with a medium of `kinds` and all `words`, newest first, at most `limit`.

        Words match as in `search`. Visibility is not checked.
        """
        values = {"guild_id": guild_id, "kinds": to_json(sorted(kinds))}
        return await self._search(_Search(words, _NEWEST if words else _NEWEST_RESULTS, _RESULTS, values, limit))

    async def found(self, guild_id: int, job_ids: Sequence[str]) -> list[Job]:
        values = {"guild_id": guild_id, "ids": to_json(list(job_ids))}
        return await self._database.glance(lambda db: list(jobs_from(db, _FOUND, values)))

    async def has_made(self, guild_id: int, key_id: int | None, operation: str, *, since: float) -> bool:
        """Whether a job of the guild had a result with this key since then (Unix seconds); None: the host's."""
        return await self._has(_HAS_MADE, (guild_id, operation, key_id, since))

    async def repeating(self, guild_id: int, repeats_key: str) -> Job | None:
        """Return the guild's job that reuses an unconfirmed one's key, if it is open or has a result."""
        return await self._one(job_of, _REPEATING, (guild_id, repeats_key))

    async def placed(self, guild_id: int, job_id: str) -> PlacedJob | None:
        return next(iter(await self._placed(_PLACED, {"guild_id": guild_id, "id": job_id})), None)

    async def in_message(self, guild_id: int, message_id: int) -> list[PlacedJob]:
        return await self._placed(_IN_MESSAGE, {"guild_id": guild_id, "message_id": message_id})

    async def counts(self, guild_id: int) -> dict[JobState, int]:
        """Return how many of the guild's jobs are open or held, by state, without zeros."""
        rows = await self._rows(_COUNTS, {"guild_id": guild_id})
        return {JobState(state): count for state, count in rows}

    async def open_total(self) -> int:
        return await self._database.read(lambda db: int(db.execute(OPEN_TOTAL).fetchone()[0]))

    async def page(
        self,
        guild_id: int,
        *,
        author_id: int | None = None,
        states: Collection[JobState] | None = None,
        limit: int,
        offset: int = 0,
    ) -> list[PlacedJob]:
        """Return a page of the guild's or member's jobs in `states`, newest first, with their places.

        Visibility is not checked.
        """
        values = _narrowed(guild_id, author_id, states, limit=limit, offset=offset)
        return await self._placed(_PAGE.format(newest=_newest(author_id, states)), values)

    async def search(
        self,
        guild_id: int,
        words: Sequence[str],
        *,
        author_id: int | None = None,
        states: Collection[JobState] | None = None,
        posted: bool = False,
        limit: int = SEARCHED,
    ) -> list[FoundResult]:
        """Return the jobs of `page` with all `words`, ignoring case, newest first, at most `limit`.

        `posted`: only results that are in a message for everybody, neither private nor erased nor removed.
        Searches prompt, id and operation of the newest SEARCHED of the guild or member. Visibility is not checked.
        """
        values = _narrowed(guild_id, author_id, states)
        newest = _NEWEST if author_id is None else _NEWEST_OF_MEMBER
        return await self._search(_Search(words, newest, _POSTED if posted else _JOBS, values, limit))

    async def _search(self, search: _Search) -> list[FoundResult]:
        wanted = [word.casefold() for word in search.words]
        pattern = f"%{_LOOSE.sub('%', max(wanted, key=len, default=''))}%"

        def look(db: Connection) -> list[FoundResult]:
            lines = db.execute(search.newest, search.values | {"searched": SEARCHED, "pattern": pattern})
            numbers, found = (number for number, text in lines if _has_all(text, wanted)), list[FoundResult]()
            while len(found) < search.limit and (chunk := list(itertools.islice(numbers, CHUNK))):
                rows = db.execute(search.fitting, search.values | {"numbers": to_json(chunk)})
                found += [FoundResult(job_id=row["id"], place=place_of(row)) for row in rows]
            return found[: search.limit]

        return await self._database.glance(look)


@dataclass(frozen=True, slots=True)
class _Search:
    words: Sequence[str]
    newest: str
    """A query of the numbers and texts among which words are looked for, newest first."""
    fitting: str
    """A query of those `numbers` that satisfy the other conditions."""
    values: dict[str, object]
    limit: int


def _narrowed(
    guild_id: int, author_id: int | None, states: Collection[JobState] | None, **more: object
) -> dict[str, object]:
    wanted = None if states is None else to_json(sorted(states))
    return {"guild_id": guild_id, "author_id": author_id, "states": wanted, "with_secret": 0, **more}


def _has_all(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


# The order of the indexes jobs_recent and jobs_member, so no extra rows are read.
_NEWEST_FIRST = "ORDER BY jobs.created_at DESC, jobs.rowid DESC"
# Narrowed by state, a list would say how far each job is on which members vote.
_IS_SHOWN = "(:with_secret = 1 OR jobs.shootout <> 'open')"
_IN_STATES = f"(:states IS NULL OR (jobs.state IN (SELECT value FROM json_each(:states)) AND {_IS_SHOWN}))"  # noqa: S608 - constant conditions
_PAGE = f"""
{SELECT_PLACED} FROM ({{newest}}) AS newest JOIN jobs ON jobs.rowid = newest.number
JOIN cards ON cards.id = jobs.card_id {_NEWEST_FIRST}
"""
_RECENT = f"""
SELECT jobs.* FROM ({{newest}}) AS newest JOIN jobs ON jobs.rowid = newest.number {_NEWEST_FIRST}
"""  # noqa: S608 - constant conditions
_NUMBERS = f"""
SELECT rowid AS number FROM jobs WHERE {{which}} {_NEWEST_FIRST} LIMIT :limit OFFSET :offset
"""  # noqa: S608 - constant conditions
_OF_GUILD = _NUMBERS.format(which="guild_id = :guild_id")
_OF_MEMBER = _NUMBERS.format(which=f"guild_id = :guild_id AND author_id = :author_id AND {_IN_STATES}")
# In the order of the index jobs_state: jobs of the same moment are of one card.
_IN_STATE = f"""
SELECT * FROM (
    SELECT rowid AS number, created_at, author_id FROM jobs
    WHERE guild_id = :guild_id AND state = '{{state}}' AND (:author_id IS NULL OR author_id = :author_id)
        AND {_IS_SHOWN}
    ORDER BY created_at DESC, author_id DESC, rowid DESC LIMIT :limit + :offset
) AS in_state
"""  # noqa: S608 - constant conditions
_BY_STATE = """
SELECT number FROM ({parts}) AS found
ORDER BY created_at DESC, author_id DESC, number DESC LIMIT :limit OFFSET :offset
"""


def _newest(author_id: int | None, states: Collection[JobState] | None) -> str:
    """Return the query of the rows that a list shows, of `_narrowed`: in the order of an index of the jobs that fit.

    A member's results are read in the order of all of their jobs, most of which are results.
    """
    if states is None or (author_id is not None and JobState.DELIVERED in states):
        return _OF_GUILD if author_id is None else _OF_MEMBER
    parts = " UNION ALL ".join(_IN_STATE.format(state=state) for state in sorted(states))
    return _BY_STATE.format(parts=parts or _IN_STATE.format(state=""))


# Read lazily, in the order of the inner query. CROSS: in this order.
_LIKE = "SELECT number, text FROM ({newest} LIMIT :searched) AS newest WHERE lower(text) LIKE :pattern"
_NEWEST = _LIKE.format(newest="SELECT number, text FROM job_texts WHERE guild_id = :guild_id ORDER BY number DESC")
_TEXTS_OF_JOBS = f"""
SELECT job_texts.number, job_texts.text
FROM jobs CROSS JOIN job_texts ON job_texts.guild_id = jobs.guild_id AND job_texts.job_id = jobs.id
WHERE jobs.guild_id = :guild_id AND {{which}} {_NEWEST_FIRST}
"""  # noqa: S608 - constant conditions
_NEWEST_OF_MEMBER = _LIKE.format(newest=_TEXTS_OF_JOBS.format(which="jobs.author_id = :author_id"))
_NEWEST_RESULTS = _LIKE.format(newest=_TEXTS_OF_JOBS.format(which="jobs.state = 'delivered'"))
_FITTING = """
SELECT jobs.id, cards.author_id AS card_author, cards.private AS card_private,
    coalesce(cards.message_channel_id, cards.channel_id) AS card_place
FROM json_each(:numbers) AS wanted CROSS JOIN job_texts ON job_texts.number = CAST(wanted.value AS INTEGER)
CROSS JOIN jobs ON jobs.id = job_texts.job_id CROSS JOIN cards ON cards.id = jobs.card_id
WHERE jobs.guild_id = :guild_id AND {which} ORDER BY wanted.key
"""
_RESULTS = _FITTING.format(
    which="""jobs.state = 'delivered' AND jobs.shootout <> 'open' AND EXISTS (
        SELECT 1 FROM json_each(jobs.media) AS medium
        WHERE medium.value ->> 'kind' IN (SELECT value FROM json_each(:kinds))
    )"""
)
_OF_AUTHOR = f"(:author_id IS NULL OR jobs.author_id = :author_id) AND {_IN_STATES}"
_JOBS = _FITTING.format(which=_OF_AUTHOR)
_POSTED = _FITTING.format(
    which=f"""{_OF_AUTHOR} AND jobs.state = 'delivered' AND jobs.erased_at IS NULL AND jobs.shootout <> 'open'
        AND cards.private = 0 AND cards.message_id IS NOT NULL"""
)

_REPEATING = """
SELECT * FROM jobs WHERE guild_id = ? AND repeats_key = ?
    AND state NOT IN ('failed', 'expired', 'cancelled', 'refused')
"""
_HAS_MADE = """
SELECT 1 FROM jobs WHERE guild_id = ? AND operation = ? AND key_id IS ? AND created_at >= ?
    AND state IN ('ready', 'delivered', 'held') LIMIT 1
"""
_FOUND = """
SELECT jobs.* FROM json_each(:ids) AS wanted JOIN jobs ON jobs.id = wanted.value
WHERE jobs.guild_id = :guild_id ORDER BY wanted.key
"""
_PLACED = f"""
{SELECT_PLACED} FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.id = :id AND jobs.guild_id = :guild_id
"""
# `+`: use the message's index (at most ten jobs), not an ordered one of the guild.
_IN_MESSAGE = f"""
{SELECT_PLACED} FROM jobs JOIN cards ON cards.id = jobs.card_id
WHERE jobs.message_id = :message_id AND +jobs.guild_id = :guild_id
ORDER BY jobs.created_at, jobs.position
"""
# The conditions must match the partial indexes literally, or SQLite does not use them.
_COUNTS = """
SELECT state, count(*) FROM jobs
WHERE guild_id = :guild_id
    AND state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
GROUP BY state
UNION ALL SELECT state, count(*) FROM jobs WHERE guild_id = :guild_id AND state = 'held' GROUP BY state
"""
OPEN_TOTAL = """
SELECT count(*) FROM jobs
WHERE state IN ('awaiting_approval', 'waiting', 'submitting', 'queued', 'processing', 'ready')
"""


ANCESTORS_MAX = 100
"""Maximum generations of a lineage."""


class Lineage(_PlacedLists):
    """Queries along `parent_id` and `after_ids`. Visibility is not checked."""

    async def of(self, guild_id: int, job_id: str) -> list[PlacedJob]:
        """Return the guild's job and its ancestors, newest generation first; [] if there is no such job."""
        return await self._placed(_ANCESTORS, {"guild_id": guild_id, "id": job_id, "limit": ANCESTORS_MAX})

    async def made_from(self, guild_id: int, job_ids: Sequence[str], *, limit: int) -> list[PlacedJob]:
        """Return the direct children of the guild's jobs, oldest first, at most `limit`."""
        return await self._placed(_CHILDREN, {"guild_id": guild_id, "ids": to_json(list(job_ids)), "limit": limit})


_LINE = """
WITH RECURSIVE line (id, origin, height) AS (
    SELECT id, coalesce(json_extract(after_ids, '$[0]'), parent_id), 0
    FROM jobs WHERE id = :id AND guild_id = :guild_id
    UNION
    SELECT jobs.id, coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id), line.height + 1
    FROM line JOIN jobs ON jobs.id = line.origin
    WHERE jobs.guild_id = :guild_id AND line.height < :limit
)
"""
_ANCESTORS = f"""
{_LINE} {SELECT_PLACED} FROM line JOIN jobs ON jobs.id = line.id JOIN cards ON cards.id = jobs.card_id
ORDER BY line.height
"""
# The parent condition must match the index literally, or SQLite does not use it. CROSS: the ids first.
_CHILDREN = f"""
{SELECT_PLACED} FROM json_each(:ids) AS parent
CROSS JOIN jobs ON jobs.guild_id = :guild_id
    AND coalesce(json_extract(jobs.after_ids, '$[0]'), jobs.parent_id) = parent.value
JOIN cards ON cards.id = jobs.card_id
ORDER BY jobs.created_at, jobs.position LIMIT :limit
"""
