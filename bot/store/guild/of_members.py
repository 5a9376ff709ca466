"""All that is kept, or counted, by member: the one table that erasure walks (docs/decisions/0007-privacy.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What *Delete my data* does with a column that names its member, or has their words."""

    DELETED = "deleted"
    """Its rows go at once."""
    BLANKED = "blanked"
    """Its words go at once."""
    NUMBERED = "numbered"
    """A random number takes the member's place when nothing counts by them any more."""
    REWRITTEN = "rewritten"
    """As NUMBERED or LAPSES, inside a text."""
    LAPSES = "lapses"
    """It applies to the member until it ends; then its row goes, or is numbered."""
    KEPT = "kept"
    """It stays, for a reason."""


@dataclass(frozen=True, slots=True)
class OfMember:
    """A column with members' ids or words."""

    table: str
    column: str
    fate: Fate
    when: str = ""
    """Of what is numbered outside jobs: the condition, ending in the time's column."""
    reason: str = ""


SET_BY_MODERATORS = "what moderators set is the server's"
OF_MEMBERS = (
    OfMember("drafts", "member_id", Fate.DELETED),
    OfMember("reaction_acts", "member_id", Fate.DELETED),
    OfMember("member_settings", "member_id", Fate.DELETED),
    OfMember("presets", "member_id", Fate.DELETED),
    OfMember("cast_members", "made_by", Fate.DELETED),
    OfMember("shootout_votes", "member_id", Fate.DELETED),
    OfMember("event_members", "member_id", Fate.DELETED),
    *(
        OfMember("jobs", column, Fate.BLANKED)
        for column in ("input", "output", "media", "fill", "orders", "source_id", "casting", "error", "lacks", "model")
    ),
    OfMember("job_texts", "text", Fate.BLANKED),
    OfMember("questions", "sentence", Fate.BLANKED),
    OfMember("shootouts", "data", Fate.BLANKED),
    OfMember("jobs", "author_id", Fate.NUMBERED, reason="limits, caps of purses, and paces count by it"),
    OfMember("cards", "author_id", Fate.NUMBERED),
    OfMember("cards", "role_ids", Fate.NUMBERED, reason="limits of roles count by it"),
    OfMember("running_totals", "member_id", Fate.NUMBERED, reason="by triggers, with the ledger"),
    OfMember("ledger", "member_id", Fate.NUMBERED, "job_id IS NULL AND kind IN ('grant', 'adjust') AND at"),
    OfMember("jobs", "dropped_by", Fate.NUMBERED, "created_at"),
    OfMember("grants", "granted_by", Fate.NUMBERED, "granted_at"),
    OfMember("guild_keys", "set_by", Fate.NUMBERED, "own = 0 AND set_at"),
    OfMember("limits", "set_by", Fate.NUMBERED, "set_at"),
    OfMember("switched_off", "by_id", Fate.NUMBERED, "at"),
    OfMember("blocks", "by_id", Fate.NUMBERED, "at"),
    OfMember("recipes", "made_by", Fate.NUMBERED, "changed_at"),
    OfMember("events", "made_by", Fate.NUMBERED, "begins_at"),
    OfMember("questions", "decided_by", Fate.NUMBERED, "asked_at"),
    OfMember("schedules", "made_by", Fate.NUMBERED, "made_at"),
    OfMember("questions", "member_id", Fate.NUMBERED, "asked_at", reason="a day's reports count by it"),
    OfMember("decisions", "by_id", Fate.REWRITTEN),
    OfMember("decisions", "text", Fate.REWRITTEN),
    OfMember("decisions", "about", Fate.REWRITTEN),
    OfMember("grants", "member_id", Fate.LAPSES),
    OfMember("blocks", "member_id", Fate.LAPSES),
    OfMember("former_members", "member_id", Fate.LAPSES, reason="the request itself, until nothing is left to replace"),
    OfMember("alerts", "name", Fate.REWRITTEN),
    OfMember("limits", "scope_id", Fate.KEPT, reason="a limit of a member applies until moderators remove it"),
    OfMember("guild_keys", "guild_id", Fate.KEPT, reason="an own account is its member's: its removal is offered"),
    OfMember("cards", "label", Fate.KEPT, reason="a recipe's name is the server's"),
    *(
        OfMember(table, column, Fate.KEPT, reason=SET_BY_MODERATORS)
        for table, column in (
            ("grants", "note"), ("blocks", "reason"), ("rules", "data"), ("recipes", "name"), ("recipes", "data"),
            ("schedules", "data"), ("events", "theme"),
        )
    ),
)  # fmt: skip
DELETED = tuple(each for each in OF_MEMBERS if each.fate is Fate.DELETED)
NUMBERED = tuple(each for each in OF_MEMBERS if each.when)
NAMED = "\nUNION ALL ".join(
    f"SELECT guild_id, {each.column} AS member_id FROM {each.table} WHERE {each.when or 0} >= 0"  # noqa: S608 - constants
    for each in OF_MEMBERS
    if each.when or each.fate is Fate.DELETED or f"{each.table}.{each.column}" in {"jobs.author_id", "grants.member_id"}
)
"""The guilds and members of all rows that erasure changes."""
