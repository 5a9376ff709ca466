"""What a guild's moderators have set: rules, limits, grants, blocks. Frozen values without I/O."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Self

from bot.domain.setting import FormSpec, Setting, SettingsPage, settings_of
from bot.domain.setting_kinds import CHANNEL, COUNT, MODELS, ROLE, SWITCH, WORD_LIST, ZONE, choice, places, threshold

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


PAYERS = {
    Payer.PRESSER: "who asks for it",
    Payer.AUTHOR: "only the author may, and pays",
    Payer.OFF: "nobody: re-runs are off",
}
_LIMITS = FormSpec(id="limits", page=SettingsPage.LIMITS, title="Limits", button="Change…")
_APPROVAL = FormSpec(id="approval", page=SettingsPage.APPROVAL, title="Approval", button="Change the threshold…")
_ZONE = FormSpec(id="timezone", page=SettingsPage.RESULTS, title="Time zone", button="Time zone…")
_WORDS = FormSpec(id="words", page=SettingsPage.WORDS, title="Word list", button="Word list…")

_on_access = functools.partial(Setting, page=SettingsPage.ACCESS)
_on_limits = functools.partial(Setting, page=SettingsPage.LIMITS, form=_LIMITS)
_on_approval = functools.partial(Setting, page=SettingsPage.APPROVAL)
_on_results = functools.partial(Setting, page=SettingsPage.RESULTS)
_on_words = functools.partial(Setting, page=SettingsPage.WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A guild's settings. Credits are None where there is no threshold; ids are None or empty where nothing is set.

    The panel shows them in this order.
    """

    moderator_role: Annotated[
        int | None,
        _on_access(label="moderator role", kind=ROLE, control="Moderator role (beside who may manage the server)"),
    ] = None
    allowed_channels: Annotated[
        frozenset[int],
        _on_access(label="allowed channels", kind=places("all"), control="Allowed channels (none chosen: all)"),
    ] = frozenset()
    """Empty: every channel."""
    forbidden_channels: Annotated[
        frozenset[int], _on_access(label="forbidden channels", kind=places(), control="Forbidden channels")
    ] = frozenset()
    unchecked_only_in_age_restricted: Annotated[
        bool,
        _on_access(
            label="safety check off in age-restricted channels only", kind=SWITCH, control="Age-restricted rule"
        ),
    ] = True
    """Jobs with the provider's safety checker off only where Discord says that the channel is age-restricted."""
    running_per_member: Annotated[int, _on_limits(label="running jobs per member", kind=COUNT)] = 3
    queued_per_member: Annotated[int, _on_limits(label="waiting jobs per member", kind=COUNT)] = 10
    running_per_server: Annotated[int, _on_limits(label="running jobs in the server", kind=COUNT)] = 20
    job_ceiling: Annotated[
        Decimal | None, _on_limits(label="most that a job may cost", kind=threshold("no such limit"))
    ] = None
    confirm_above: Annotated[
        Decimal | None, _on_limits(label="own yes needed above", kind=threshold("no such limit"))
    ] = None
    approve_above: Annotated[
        Decimal | None,
        _on_approval(label="approval needed above", kind=threshold("nothing waits for approval"), form=_APPROVAL),
    ] = None
    approval_channel: Annotated[
        int | None, _on_approval(label="approval channel", kind=CHANNEL, control="Approval channel")
    ] = None
    approve_own: Annotated[
        bool, _on_approval(label="approving one's own jobs", kind=SWITCH, control="Approving one's own")
    ] = False
    log_channel: Annotated[int | None, _on_approval(label="log channel", kind=CHANNEL, control="Log channel")] = None
    rerun_payer: Annotated[
        Payer,
        _on_results(
            label="who pays for a re-run", kind=choice(PAYERS, prefix="Re-run"), control="Who pays for a re-run"
        ),
    ] = Payer.PRESSER
    ping: Annotated[bool, _on_results(label="ping with the result", kind=SWITCH, control="Ping with the result")] = (
        False
    )
    """Whether the author is pinged when the result is there."""
    estimate_tool: Annotated[
        bool, _on_results(label="Cannon Studio's estimate tool", kind=SWITCH, control="Estimate tool")
    ] = False
    """Whether Cannon Studio's own estimate tool is called."""
    timezone: Annotated[str, _on_results(label="time zone", kind=ZONE, form=_ZONE)] = "UTC"
    words: Annotated[tuple[str, ...], _on_words(label="word list", kind=WORD_LIST, form=_WORDS)] = ()
    """Words that no prompt may have, in lower case."""
    default_models: Annotated[
        Mapping[str, str],
        _on_words(label="default models", kind=MODELS, control="Set the default model of …"),
    ] = field(default_factory=lambda: MappingProxyType({}))
    """The model that an operation uses where the member names none, by operation id."""
    paused: Annotated[bool, Setting(label="new jobs paused", kind=SWITCH)] = False

    @property
    def zone(self) -> dt.tzinfo:
        """The guild's time zone; UTC if this machine does not know it."""
        try:
            return zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return dt.UTC

    def having(self, name: str, value: Any) -> Self:
        """Return the settings with another value of the one of this name."""
        return replace(self, **{name: value})

    def changed_from(self, old: Self) -> dict[str, Setting]:
        """Return the settings that differ from `old`, by name."""
        settings = settings_of(type(self))
        return {name: each for name, each in settings.items() if getattr(self, name) != getattr(old, name)}

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON values."""
        differing = self.changed_from(type(self)())
        return {name: setting.kind.to_json(getattr(self, name)) for name, setting in differing.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. A value that cannot be read stays at its default."""
        values = {}
        settings = settings_of(cls)
        for name in settings.keys() & data.keys():
            with suppress(TypeError, ValueError, OverflowError):
                values[name] = settings[name].kind.parse(data[name])
        return cls(**values)
