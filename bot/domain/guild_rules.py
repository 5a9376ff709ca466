"""What a guild's moderators have set: rules, limits, grants, blocks. Frozen values without I/O."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bot.domain.models import credits_of

RUNNING_PER_MEMBER = 3
QUEUED_PER_MEMBER = 10
RUNNING_PER_SERVER = 20
WORDS_MAX = 200
APPROVAL_LIFE_S = 24 * 3600.0


class Period(StrEnum):
    """For how long a limit counts: calendar days, weeks (from Monday), months in the guild's zone, or for ever."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"

    def start(self, now: float, zone: dt.tzinfo) -> float:
        """Return when the present period began, in Unix seconds; 0 for `total`."""
        if self is Period.TOTAL:
            return 0.0
        return _midnight(self._first_day(_day(now, zone)), zone)

    def end(self, now: float, zone: dt.tzinfo) -> float | None:
        """Return when the next period begins, in Unix seconds; None for `total`."""
        first = self._first_day(_day(now, zone))
        if self is Period.TOTAL:
            return None
        if self is Period.MONTH:
            following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        else:
            following = first + dt.timedelta(days=1 if self is Period.DAY else 7)
        return _midnight(following, zone)

    def _first_day(self, day: dt.date) -> dt.date:
        if self is Period.WEEK:
            return day - dt.timedelta(days=day.weekday())
        return day.replace(day=1) if self is Period.MONTH else day


def _day(now: float, zone: dt.tzinfo) -> dt.date:
    return dt.datetime.fromtimestamp(now, zone).date()


def _midnight(day: dt.date, zone: dt.tzinfo) -> float:
    return dt.datetime.combine(day, dt.time(), zone).timestamp()


class Scope(StrEnum):
    """Whom a limit is for."""

    SERVER = "server"
    EVERYONE = "everyone"
    ROLE = "role"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many credits may be spent in a period. For each member on their own, but for the scope SERVER."""

    id: int = 0
    scope: Scope
    scope_id: int = 0
    """The role's or the member's id, else 0."""
    operation: str = ""
    """Only this operation; '' for all."""
    channel_id: int = 0
    """Only in this channel and its threads; 0 for all."""
    period: Period
    credits: Decimal
    """0: may not use."""
    set_by: int = 0
    set_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Credits given to a member once, on top of their limits. `left` is what is not drawn yet."""

    id: int
    member_id: int
    credits: Decimal
    left: Decimal
    note: str = ""
    granted_by: int
    granted_at: float
    expires_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A member who may not use the bot here. `until` is Unix seconds, None for good."""

    member_id: int
    until: float | None
    reason: str
    by_id: int
    at: float


class Payer(StrEnum):
    """Who pays for a re-run."""

    PRESSER = "presser"
    AUTHOR = "author"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A guild's settings. Credits are None where there is no threshold; ids are None or empty where nothing is set."""

    moderator_role: int | None = None
    allowed_channels: frozenset[int] = frozenset()
    """Empty: every channel."""
    forbidden_channels: frozenset[int] = frozenset()
    unchecked_only_in_age_restricted: bool = True
    """Jobs with the provider's safety checker off only where Discord says that the channel is age-restricted."""
    running_per_member: int = RUNNING_PER_MEMBER
    queued_per_member: int = QUEUED_PER_MEMBER
    running_per_server: int = RUNNING_PER_SERVER
    job_ceiling: Decimal | None = None
    confirm_above: Decimal | None = None
    approve_above: Decimal | None = None
    approval_channel: int | None = None
    approve_own: bool = False
    log_channel: int | None = None
    rerun_payer: Payer = Payer.PRESSER
    words: tuple[str, ...] = ()
    """Words that no prompt may have, in lower case."""
    ping: bool = False
    """Whether who asked is pinged when the result is there."""
    default_models: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The model that an operation uses where the member names none, by operation id."""
    timezone: str = "UTC"
    paused: bool = False
    estimate_tool: bool = False
    """Whether Cannon Studio's own estimate tool is asked."""

    @property
    def zone(self) -> dt.tzinfo:
        """The guild's time zone; UTC if this machine does not know it."""
        try:
            return zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return dt.UTC

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON values."""
        default = Rules()
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _to_json(value) for name, value in own.items() if value != getattr(default, name)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rules:
        """Read what `to_json` wrote. A value that cannot be read stays at its default."""
        rules = cls()
        for name, value in data.items():
            parse = _PARSERS.get(name)
            if parse is None:
                continue
            try:
                rules = replace(rules, **{name: parse(value)})
            except (TypeError, ValueError, OverflowError):
                continue
        return rules


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _optional_id(value: Any) -> int | None:
    return None if value is None else int(value)


def _ids(value: Any) -> frozenset[int]:
    return frozenset(int(each) for each in value)


def _optional_credits(value: Any) -> Decimal | None:
    return None if value is None else credits_of(value)


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(word) for word in value)[:WORDS_MAX]


def _models(value: Any) -> Mapping[str, str]:
    return MappingProxyType({str(name): str(model) for name, model in dict(value).items()})


def _count(value: Any) -> int:
    count = int(value)
    if not 1 <= count <= 1000:
        raise ValueError("a count from 1 to 1000 is needed")
    return count


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "moderator_role": _optional_id,
    "allowed_channels": _ids,
    "forbidden_channels": _ids,
    "unchecked_only_in_age_restricted": bool,
    "running_per_member": _count,
    "queued_per_member": _count,
    "running_per_server": _count,
    "job_ceiling": _optional_credits,
    "confirm_above": _optional_credits,
    "approve_above": _optional_credits,
    "approval_channel": _optional_id,
    "approve_own": bool,
    "log_channel": _optional_id,
    "rerun_payer": Payer,
    "words": _words,
    "ping": bool,
    "default_models": _models,
    "timezone": str,
    "paused": bool,
    "estimate_tool": bool,
}
