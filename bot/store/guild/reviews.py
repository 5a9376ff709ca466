"""Where results are reviewed before posting, and which are withheld."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.domain.server.guild_rules import ReviewPrivate
from bot.store.engine.repository import RecordOf, Repository
from bot.store.money.spending import rules_of
from bot.store.sql import Connection, Row

WHOLE_SERVER = 0
"""The channel id of the rule for all channels."""

_CARD = "SELECT * FROM cards WHERE id = ? AND guild_id = ?"
_JOBS = """
SELECT jobs.id AS job_id, jobs.state, reviews.subject IS NOT NULL AS has_review, reviews.verdict, cards.*
FROM jobs JOIN cards ON cards.id = jobs.card_id
    LEFT JOIN questions AS reviews ON reviews.kind = 'review' AND reviews.subject = jobs.id
WHERE jobs.guild_id = ? AND jobs.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """Results of a channel (0: of all) are first reviewed in another."""

    channel_id: int
    review_channel: int


def rules_in(db: Connection, guild_id: int) -> tuple[ReviewRule, ...]:
    rows = db.execute(
        "SELECT channel_id, review_channel FROM review_rules WHERE guild_id = ? ORDER BY channel_id", (guild_id,)
    ).fetchall()
    return tuple(ReviewRule(channel_id=row[0], review_channel=row[1]) for row in rows)


def review_channel_of(db: Connection, guild_id: int, card_id: str, also: Sequence[int] = ()) -> int | None:
    """Return where results of the guild's card are reviewed; None: nowhere.

    `also` is another target: the channel, then its parent or category. A rule of either counts.
    """
    row = db.execute(_CARD, (card_id, guild_id)).fetchone()
    if row is None:
        return None
    rules = _Rules(db, guild_id)
    found = rules.for_card(row)
    return rules.for_place(also) if found is None else found


def withheld_in(db: Connection, guild_id: int, job_ids: Iterable[str], also: Sequence[int] = ()) -> frozenset[str]:
    """Return those of the guild's jobs whose results are withheld: not reviewed yet, or rejected.

    With `also`, a place as above, also posted ones that are not allowed there unless a moderator has published
    them.
    """
    rules = _Rules(db, guild_id)
    is_reviewed_there = rules.for_place(also) is not None
    withheld = set()
    for row in db.execute(_JOBS, (guild_id, json.dumps(sorted(job_ids)))).fetchall():
        if row["verdict"] == "published":
            continue
        is_made = row["state"] in {"ready", "held"}
        if is_reviewed_there or (is_made and (row["has_review"] or rules.for_card(row) is not None)):
            withheld.add(row["job_id"])
    return frozenset(withheld)


class _Rules:
    def __init__(self, db: Connection, guild_id: int) -> None:
        self._channels = {rule.channel_id: rule.review_channel for rule in rules_in(db, guild_id)}
        self._private = rules_of(db, guild_id).review_private if self._channels else ReviewPrivate.OFF

    def for_card(self, card: Row) -> int | None:
        if card["private"] and not self._reviews_private():
            return None
        places = (card["channel_id"], card["parent_channel_id"], card["category_id"])
        return self.for_place([place for place in places if place is not None])

    def for_place(self, place: Sequence[int]) -> int | None:
        """Return the review channel for results posted there; the narrowest rule applies.

        Posts in the review channel itself are seen by reviewers only.
        """
        for channel_id in (*place, WHOLE_SERVER) if place else ():
            found = self._channels.get(channel_id)
            if found is not None and found != place[0]:
                return found
        return None

    def _reviews_private(self) -> bool:
        if self._private is ReviewPrivate.AUTO:
            return WHOLE_SERVER in self._channels
        return self._private is ReviewPrivate.ON


class Reviews(Repository):
    """The table `review_rules`, and what follows from it."""

    async def rules(self, guild_id: int) -> tuple[ReviewRule, ...]:
        return await self._database.look(lambda db: rules_in(db, guild_id))

    async def set_rule(
        self,
        guild_id: int,
        rule: ReviewRule,
        *,
        allow: Callable[[Sequence[ReviewRule]], None] | None = None,
        record: RecordOf[bool] | None = None,
    ) -> None:
        """Set a rule, replacing one for the same channel.

        `allow` gets the current rules in the same transaction; its exceptions propagate, with nothing changed.
        """

        def change(db: Connection) -> bool:
            if allow is not None:
                allow(rules_in(db, guild_id))
            db.execute(
                "INSERT INTO review_rules (guild_id, channel_id, review_channel) VALUES (?, ?, ?)"
                " ON CONFLICT (guild_id, channel_id) DO UPDATE SET review_channel = excluded.review_channel",
                (guild_id, rule.channel_id, rule.review_channel),
            )
            return True

        await self._recorded(guild_id, change, record)

    async def remove_rule(
        self, guild_id: int, channel_id: int | None = None, *, record: RecordOf[bool] | None = None
    ) -> bool:
        """Remove the rule for a channel (0: the server-wide one), or all; False if there is none."""

        def change(db: Connection) -> bool:
            values = {"guild_id": guild_id, "id": channel_id}
            sql = "DELETE FROM review_rules WHERE guild_id = :guild_id AND channel_id = coalesce(:id, channel_id)"
            return db.execute(sql, values).rowcount > 0

        return await self._recorded(guild_id, change, record)

    async def is_worked_in(self, guild_id: int, channel_id: int, *, since: float) -> bool:
        """Whether anything was requested in the channel or its threads since then (Unix seconds)."""
        return await self._has(
            "SELECT 1 FROM cards WHERE guild_id = ? AND created_at >= ?"
            " AND ? IN (channel_id, parent_channel_id) LIMIT 1",
            (guild_id, since, channel_id),
        )

    async def is_reviewed(self, guild_id: int, card_id: str) -> bool:
        """Whether results of the guild's card are reviewed under the current rules."""
        return await self._database.look(lambda db: review_channel_of(db, guild_id, card_id) is not None)

    async def withheld_of(self, guild_id: int, job_ids: Iterable[str], *, also: Sequence[int] = ()) -> frozenset[str]:
        """Return those jobs whose results are withheld; with `also`, in that place (`withheld_in`)."""
        return await self._database.read(lambda db: withheld_in(db, guild_id, job_ids, also))
