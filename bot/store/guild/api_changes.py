"""The table `api_changes`: what Cannon Studio has changed, and what moderators were told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.catalogue.drift import ApiChange, ChangeKind, Subject
from bot.language import speaking
from bot.store.engine.columns import to_text
from bot.store.engine.record import Record, write_decision
from bot.store.engine.repository import Repository
from bot.store.sql import Connection, Row

QUIET_S = 24 * 3600.0
"""The same change is told once in this time, however often it comes and goes."""
SEEN_MAX = 2000
"""How many changes of one document are kept; a real one has a few."""
ROWS_MAX = 5000

_PUT_FACT = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
# What is seen again while it is the latest that was seen of its thing is the same change, not another one.
_SEE = """
INSERT INTO api_changes (subject, operation, name, kind, sentence, at)
VALUES (:subject, :operation, :name, :kind, :sentence, :now)
ON CONFLICT (subject, operation, name, kind, sentence) DO UPDATE SET at = excluded.at WHERE api_changes.at < (
    SELECT max(other.at) FROM api_changes AS other
    WHERE other.subject = :subject AND other.operation = :operation AND other.name = :name
)
"""
# The latest that was seen of a thing, unless it is what was told of it last, or was told within the last day.
_DUE = """
WITH things AS (
    SELECT subject, operation, name, max(at) AS at, max(told_at) AS told_at FROM api_changes
    GROUP BY subject, operation, name
)
SELECT api_changes.* FROM api_changes JOIN things USING (subject, operation, name)
WHERE api_changes.at = things.at AND (
    api_changes.told_at IS NULL OR (api_changes.told_at < things.told_at AND api_changes.told_at <= :now - :quiet)
)
ORDER BY kind, subject DESC, operation, name, sentence
"""
_TOLD = """
UPDATE api_changes SET told_at = ? WHERE subject = ? AND operation = ? AND name = ? AND kind = ? AND sentence = ?
"""
_FORGET = "DELETE FROM api_changes WHERE at < (SELECT at FROM api_changes ORDER BY at DESC LIMIT 1 OFFSET ?)"
_LATEST = """
SELECT * FROM api_changes WHERE operation NOT IN (SELECT value FROM json_each(:without))
ORDER BY at DESC, kind, subject DESC, operation, name, sentence LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenChange:
    """One thing that came, is gone or changed in Cannon Studio's description of its API."""

    kind: ChangeKind
    subject: Subject
    operation: str
    name: str
    """The model or field; of an operation its former id, '' if it has none."""
    sentence: str
    """How it changed; '' for what came or is gone."""
    at: float
    """When that was seen, Unix seconds."""


LinesOf = Callable[[Sequence[SeenChange]], Mapping[int, Callable[[], Record]]]
"""Returns what makes the line for each guild that is told of these, when the guild's language is spoken.

It runs inside the transaction, so it has no side effects.
"""


class ApiChanges(Repository):
    """The table `api_changes`."""

    async def adopt(
        self, facts: Mapping[str, str], changes: Sequence[ApiChange], *, lines: LinesOf
    ) -> list[SeenChange]:
        """Keep what a reading of the description has shown, and tell what is news; return the news.

        One transaction has the `facts` for the table `meta`, the `changes`, and the lines of the record: a crash
        leaves all of them or none, so that a change is told once.
        """
        now = self._clock.wall()

        def write(db: Connection) -> tuple[list[SeenChange], bool]:
            db.executemany(_PUT_FACT, [(name, to_text(value)) for name, value in facts.items()])
            db.executemany(_SEE, [row | {"now": now} for row in islice(_rows(changes), SEEN_MAX)])
            news = [_seen(row) for row in db.execute(_DUE, {"now": now, "quiet": QUIET_S}).fetchall()]
            db.executemany(
                _TOLD, [(now, each.subject, each.operation, each.name, each.kind, each.sentence) for each in news]
            )
            db.execute(_FORGET, (ROWS_MAX - 1,))
            told = lines(news) if news else {}
            for guild_id, record in told.items():
                with speaking(self._database.language_of(db, guild_id)):
                    write_decision(db, guild_id, record(), now)
            return news, bool(told)

        news, is_recorded = await self._database.write(write)
        if is_recorded:
            self._database.notify()
        return news

    async def latest(self, limit: int, *, without: Collection[str] = ()) -> list[SeenChange]:
        """Return the changes that were seen last, the latest first; none of operations whose id is in `without`."""
        values = {"limit": limit, "without": json.dumps(list(without))}
        rows = await self._database.read(lambda db: db.execute(_LATEST, values).fetchall())
        return [_seen(row) for row in rows]


def _rows(changes: Sequence[ApiChange]) -> Iterator[dict[str, str]]:
    """Give a row for each thing that a change is of."""
    for change in changes:
        is_changed = change.kind is ChangeKind.CHANGED
        for name in _names(change):
            yield {
                "subject": change.subject.value,
                "operation": to_text(change.operation),
                "name": to_text(name),
                "kind": change.kind.value,
                "sentence": to_text(change.sentence) if is_changed else "",
            }


def _names(change: ApiChange) -> Sequence[str]:
    if change.subject is not Subject.OPERATION:
        return change.names
    return change.names[:1] if change.kind is ChangeKind.CHANGED else [""]


def _seen(row: Row) -> SeenChange:
    return SeenChange(
        kind=ChangeKind(row["kind"]),
        subject=Subject(row["subject"]),
        operation=row["operation"],
        name=row["name"],
        sentence=row["sentence"],
        at=row["at"],
    )
