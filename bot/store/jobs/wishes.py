"""A reaction that waits to act, and the card that comes of it: noted in the transaction that stores the card."""

from __future__ import annotations

from bot.domain.reaction_rules import ReactionKey
from bot.errors import Refused
from bot.store import texts
from bot.store.sql import Connection

_DONE = """
UPDATE reaction_acts SET fired = 1, waits = 0, made_card = :made_card
WHERE guild_id = :guild_id AND message_id = :message_id AND emoji = :emoji AND member_id = :member_id AND waits = 1
"""


def note_acted(db: Connection, key: ReactionKey, made_card: str | None) -> bool:
    """Note that a reaction that waited to act has done so, and which card has come of it; False if none waited."""
    return db.execute(_DONE, {**key_values(key), "made_card": made_card}).rowcount > 0


def require_waiting(db: Connection, key: ReactionKey, made_card: str) -> None:
    """Do as `note_acted`. Raises Refused if the reaction was taken back meanwhile."""
    if not note_acted(db, key, made_card):
        raise Refused(texts.REACTION_WITHDRAWN)


def key_values(key: ReactionKey) -> dict[str, int | str]:
    """Return the values by which a statement finds the reaction's row."""
    return {
        "guild_id": key.guild_id,
        "message_id": key.message_id,
        "emoji": key.emoji,
        "member_id": key.member_id,
    }
