"""Where results are reviewed before they are posted in some place, and which results are withheld meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.guild_rules import ReviewPrivate
from bot.store.money.spending import rules_of
from bot.store.sql import Connection, Row

WHOLE_SERVER = 0
"""The channel id of the rule for all channels."""

_CARD = "SELECT * FROM cards WHERE id = ? AND guild_id = ?"
_JOBS = """
SELECT jobs.id AS job_id, jobs.state, reviews.job_id IS NOT NULL AS has_review, reviews.verdict, cards.*
FROM jobs JOIN cards ON cards.id = jobs.card_id LEFT JOIN reviews ON reviews.job_id = jobs.id
WHERE jobs.guild_id = ? AND jobs.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """Results of a channel (0: of all) are reviewed in another first."""

    channel_id: int
    review_channel: int


def rules_in(db: Connection, guild_id: int) -> tuple[ReviewRule, ...]:
    """Return the guild's rules, the one for the whole server first."""
    rows = db.execute(
        "SELECT channel_id, review_channel FROM review_rules WHERE guild_id = ? ORDER BY channel_id", (guild_id,)
    ).fetchall()
    return tuple(ReviewRule(channel_id=row[0], review_channel=row[1]) for row in rows)


def review_channel_of(db: Connection, guild_id: int, card_id: str, also: Sequence[int] = ()) -> int | None:
    """Return where results of the guild's card are reviewed; None: nowhere.

    `also` is another place in which they are to be posted: the channel, then the channel or category it is in. A rule
    of either counts.
    """
    row = db.execute(_CARD, (card_id, guild_id)).fetchone()
    if row is None:
        return None
    rules = _Rules(db, guild_id)
    found = rules.for_card(row)
    return rules.for_place(also) if found is None else found


def withheld_in(db: Connection, guild_id: int, job_ids: Iterable[str], also: Sequence[int] = ()) -> frozenset[str]:
    """Return those of the guild's jobs whose results may not be shown: not reviewed yet, or refused.

    With `also`, a place as above, also those that were posted, but may not be posted there unless a moderator has
    published them.
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
    """The guild's rules of review, as of one transaction."""

    def __init__(self, db: Connection, guild_id: int) -> None:
        self._channels = {rule.channel_id: rule.review_channel for rule in rules_in(db, guild_id)}
        self._private = rules_of(db, guild_id).review_private if self._channels else ReviewPrivate.OFF

    def for_card(self, card: Row) -> int | None:
        """Return where a card's results are reviewed for the channel that it was requested in; None: nowhere."""
        if card["private"] and not self._reviews_private():
            return None
        places = (card["channel_id"], card["parent_channel_id"], card["category_id"])
        return self.for_place([place for place in places if place is not None])

    def for_place(self, place: Sequence[int]) -> int | None:
        """Return where results are reviewed that are posted there; the narrowest rule applies.

        What is posted in the review channel itself is seen by reviewers only.
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
