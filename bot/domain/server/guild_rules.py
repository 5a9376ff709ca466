"""A guild's moderator settings: rules, limits, grants, blocks. Frozen values without I/O."""

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

from bot.domain import texts
from bot.domain.models import JOBS_PER_CARD
from bot.domain.server.reaction_rules import ReactionAction, Seeding, acting
from bot.domain.server.setting import (
    CHANNEL,
    COUNT,
    HOME,
    MODELS,
    ROLE,
    SWITCH,
    VOICE,
    WORD_LIST,
    ZONE,
    FormSpec,
    Setting,
    SettingsPage,
    choice,
    counts,
    days,
    labels,
    places,
    settings_of,
    several,
    threshold,
)
from bot.language import LANGUAGES, own_name

APPROVAL_LIFE_S = 24 * 3600.0
VOICE_LABELS_MAX = 100
AUTO_LANGUAGE = "auto"
"""The bot speaks Discord's locale of the server."""


class Period(StrEnum):
    """A limit's period: calendar days, weeks (from Monday), months in the guild's time zone, or in total."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"

    def start(self, now: float, zone: dt.tzinfo) -> float:
        """Return the current period's start in Unix seconds; 0 for `total`."""
        if self is Period.TOTAL:
            return 0.0
        return _midnight(self._first_day(_day(now, zone)), zone)

    def end(self, now: float, zone: dt.tzinfo) -> float | None:
        """Return the next period's start in Unix seconds; None for `total`."""
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
    """Whom a limit applies to. Moderators set the first four; the last two are the host's, for their own credits."""

    SERVER = "server"
    EVERYONE = "everyone"
    ROLE = "role"
    MEMBER = "member"
    HOST_SERVER = "host: server"
    HOST_TOTAL = "host: all servers"

    @property
    def is_host(self) -> bool:
        """Whether it limits spending on the host's key."""
        return self in {Scope.HOST_SERVER, Scope.HOST_TOTAL}

    @property
    def is_shared(self) -> bool:
        """Whether all members share it: grants do not cover its excess."""
        return self is Scope.SERVER or self.is_host


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Credits per period: for each member, or with the scope SERVER for all together."""

    id: int = 0
    scope: Scope
    scope_id: int = 0
    """The role's or member's id, else 0."""
    operation: str = ""
    """'' for all."""
    channel_id: int = 0
    """Includes the channel's threads; 0 for all."""
    period: Period
    credits: Decimal
    """0 forbids use."""
    set_by: int = 0
    set_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Credits given to a member once, on top of their limits. `left` is the unused part."""

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
    """A member blocked here. `until` is Unix seconds, None if permanent."""

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


class ReviewPrivate(StrEnum):
    """Whether private results are reviewed too."""

    AUTO = "auto"
    """As for the whole server."""
    ON = "on"
    OFF = "off"


class Spoilers(StrEnum):
    """Whose files are marked as spoilers."""

    NEVER = "nobody"
    AUTHOR = "author"
    ALWAYS = "always"


class Strength(StrEnum):
    """How much a variant differs from its result."""

    SUBTLE = "subtle"
    STRONG = "strong"


class PictureCount(StrEnum):
    """Default number of pictures per request."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"


REVIEWS_PRIVATE = {
    ReviewPrivate.AUTO: texts.REVIEW_PRIVATE_AUTO,
    ReviewPrivate.ON: texts.REVIEW_PRIVATE_ON,
    ReviewPrivate.OFF: texts.REVIEW_PRIVATE_OFF,
}
PAYERS = {
    Payer.PRESSER: texts.REQUESTER_PAYS,
    Payer.AUTHOR: texts.AUTHOR_PAYS,
    Payer.OFF: texts.RERUNS_OFF,
}
SPOILERS = {
    Spoilers.NEVER: texts.SPOILERS_NEVER,
    Spoilers.AUTHOR: texts.SPOILERS_AUTHOR,
    Spoilers.ALWAYS: texts.SPOILERS_ALWAYS,
}
SEEDS = {
    Seeding.OFF: texts.SEEDS_OFF,
    Seeding.FEW: texts.SEEDS_FEW,
    Seeding.ALL: texts.SEEDS_ALL,
}
GALLERY_STARS = 3
_STARS = replace(
    counts(0, 100, lambda: str(texts.STARS_HINT)),
    show=lambda value: str(value) if value else str(texts.EVERY_PUBLIC),
)


def _emojis(on: frozenset[ReactionAction]) -> str:
    return " ".join(each.shown for each in acting(on)) or str(texts.NO_REACTIONS)


def _emoji_and_action(action: ReactionAction) -> str:
    return f"{_emojis(frozenset({action}))} {texts.REACTIONS_DO[action.value]}"


STRENGTHS = {Strength.SUBTLE: texts.SUBTLE, Strength.STRONG: texts.STRONG}
SERVER_LANGUAGES = {
    AUTO_LANGUAGE: texts.LANGUAGE_AUTO,
    **{each: functools.partial(own_name, each) for each in LANGUAGES},
}
PICTURE_COUNTS = {each: functools.partial(texts.pictures, int(each)) for each in PictureCount}
_LIMITS = FormSpec(id="limits", page=SettingsPage.LIMITS, title=texts.LIMITS_FORM, button=texts.LIMITS_BUTTON)
_APPROVAL = FormSpec(id="approval", page=SettingsPage.APPROVAL, title=texts.APPROVAL_FORM, button=texts.APPROVAL_BUTTON)
_GALLERY = FormSpec(id="gallery", page=SettingsPage.GALLERY, title=texts.GALLERY_FORM, button=texts.GALLERY_BUTTON)
_ZONE = FormSpec(id="timezone", page=SettingsPage.RESULTS, title=texts.ZONE_FORM, button=texts.ZONE_BUTTON)
_RETENTION = FormSpec(
    id="retention", page=SettingsPage.RESULTS, title=texts.RETENTION_FORM, button=texts.RETENTION_BUTTON
)
_WORDS = FormSpec(id="words", page=SettingsPage.WORDS, title=texts.WORDS_FORM, button=texts.WORDS_BUTTON)
_VOICE = FormSpec(id="voice", page=SettingsPage.WORDS, title=texts.VOICE_FORM, button=texts.VOICE_BUTTON)

_on_access = functools.partial(Setting, page=SettingsPage.ACCESS)
_on_channels = functools.partial(Setting, page=SettingsPage.CHANNELS)
_on_limits = functools.partial(Setting, page=SettingsPage.LIMITS, form=_LIMITS)
_on_approval = functools.partial(Setting, page=SettingsPage.APPROVAL)
_on_gallery = functools.partial(Setting, page=SettingsPage.GALLERY)
_on_reactions = functools.partial(Setting, page=SettingsPage.REACTIONS)
_on_results = functools.partial(Setting, page=SettingsPage.RESULTS)
_on_words = functools.partial(Setting, page=SettingsPage.WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A guild's settings. Credits are None without a threshold; ids are None or empty if unset.

    The panel shows them in this order.
    """

    moderator_role: Annotated[
        int | None,
        _on_access(label=texts.MODERATOR_ROLE, kind=ROLE),
    ] = None
    allowed_channels: Annotated[
        frozenset[int],
        _on_channels(label=texts.ALLOWED_CHANNELS, kind=places(texts.ALL_CHANNELS)),
    ] = frozenset()
    """Empty: every channel."""
    forbidden_channels: Annotated[
        frozenset[int],
        _on_channels(label=texts.FORBIDDEN_CHANNELS, kind=places(texts.NO_CHANNELS)),
    ] = frozenset()
    log_channel: Annotated[int | None, _on_channels(label=texts.LOG_CHANNEL, kind=CHANNEL)] = None
    unchecked_only_in_age_restricted: Annotated[
        bool,
        _on_access(label=texts.AGE_RESTRICTED, kind=SWITCH),
    ] = True
    own_accounts: Annotated[bool, _on_access(label=texts.OWN_ACCOUNTS, kind=SWITCH)] = True
    """Whether members may pay with their own accounts."""
    running_per_member: Annotated[int, _on_limits(label=texts.RUNNING_PER_MEMBER, kind=COUNT)] = 3
    queued_per_member: Annotated[int, _on_limits(label=texts.QUEUED_PER_MEMBER, kind=COUNT)] = JOBS_PER_CARD
    """As many as one request, so that the largest batch fits an empty queue."""
    running_per_server: Annotated[int, _on_limits(label=texts.RUNNING_PER_SERVER, kind=COUNT)] = 20
    job_ceiling: Annotated[Decimal | None, _on_limits(label=texts.JOB_CEILING, kind=threshold(texts.NO_CEILING))] = None
    confirm_above: Annotated[
        Decimal | None, _on_limits(label=texts.CONFIRM_ABOVE, kind=threshold(texts.NO_CONFIRMATION))
    ] = None
    estimate_tool: Annotated[
        bool,
        Setting(label=texts.ESTIMATE_TOOL, kind=SWITCH, page=SettingsPage.LIMITS),
    ] = True
    approve_above: Annotated[
        Decimal | None,
        _on_approval(label=texts.APPROVE_ABOVE, kind=threshold(texts.NO_APPROVAL), form=_APPROVAL),
    ] = None
    approval_channel: Annotated[int | None, _on_channels(label=texts.APPROVAL_CHANNEL, kind=CHANNEL)] = None
    approve_own: Annotated[bool, _on_approval(label=texts.APPROVE_OWN, kind=SWITCH)] = False
    review_private: Annotated[
        ReviewPrivate,
        _on_approval(
            label=texts.REVIEW_PRIVATE,
            kind=choice(REVIEWS_PRIVATE, prefix=texts.REVIEW_PRIVATE_PREFIX),
        ),
    ] = ReviewPrivate.AUTO
    gallery_channel: Annotated[int | None, _on_gallery(label=texts.GALLERY_CHANNEL, kind=HOME)] = None
    """Where results with enough stars are shown."""
    gallery_stars: Annotated[int, _on_gallery(label=texts.GALLERY_STARS, kind=_STARS, form=_GALLERY)] = GALLERY_STARS
    """0: every public result."""
    reactions: Annotated[
        frozenset[ReactionAction],
        _on_reactions(label=texts.REACTIONS, kind=several(ReactionAction, _emoji_and_action, _emojis)),
    ] = frozenset(ReactionAction)
    """What emojis on results do."""
    seeds: Annotated[Seeding, _on_reactions(label=texts.SEEDS, kind=choice(SEEDS, prefix=texts.SEEDS))] = Seeding.FEW
    cast_channel: Annotated[int | None, _on_channels(label=texts.CAST_CHANNEL, kind=CHANNEL)] = None
    """Where the bot keeps the cast's pictures."""
    starter_styles: Annotated[bool, _on_results(label=texts.STARTER_STYLES, kind=SWITCH)] = True
    rerun_payer: Annotated[
        Payer,
        _on_results(label=texts.RERUN_PAYER, kind=choice(PAYERS, prefix=texts.RERUN)),
    ] = Payer.PRESSER
    ping: Annotated[bool, _on_results(label=texts.PING, kind=SWITCH)] = True
    """Whether authors of long jobs are pinged, unless they chose otherwise."""
    spoilers: Annotated[
        Spoilers,
        _on_results(label=texts.SPOILERS, kind=choice(SPOILERS, prefix=texts.SPOILERS_PREFIX)),
    ] = Spoilers.AUTHOR
    answer_words: Annotated[bool, _on_results(label=texts.ANSWER_WORDS, kind=SWITCH)] = True
    ai_label: Annotated[bool, _on_results(label=texts.AI_LABEL, kind=SWITCH)] = True
    language: Annotated[
        str,
        _on_results(
            label=texts.LANGUAGE,
            kind=choice(SERVER_LANGUAGES, prefix=texts.LANGUAGE_PREFIX),
        ),
    ] = AUTO_LANGUAGE
    """Of `bot.language.LANGUAGES`, or AUTO_LANGUAGE."""
    timezone: Annotated[str, _on_results(label=texts.TIME_ZONE, kind=ZONE, form=_ZONE)] = "UTC"
    retention_days: Annotated[
        int | None,
        _on_results(label=texts.RETENTION, kind=days(texts.RETENTION_DEFAULT), form=_RETENTION),
    ] = None
    """Days until contents of ended jobs are erased; a lower host setting wins."""
    words: Annotated[tuple[str, ...], _on_words(label=texts.WORD_LIST, kind=WORD_LIST, form=_WORDS)] = ()
    """Words forbidden in prompts, in lower case."""
    default_models: Annotated[
        Mapping[str, str],
        _on_words(label=texts.DEFAULT_MODELS, kind=MODELS),
    ] = field(default_factory=lambda: MappingProxyType({}))
    pictures: Annotated[
        PictureCount,
        _on_words(
            label=texts.PICTURES,
            kind=choice(PICTURE_COUNTS, prefix=texts.PICTURES_PREFIX),
        ),
    ] = PictureCount.ONE
    vary_strength: Annotated[
        Strength,
        _on_words(
            label=texts.VARY_STRENGTH,
            kind=choice(STRENGTHS, prefix=texts.VARY_STRENGTH_PREFIX),
        ),
    ] = Strength.STRONG
    """How different a reaction's variant is; a button asks. A die is for surprises."""
    default_voice: Annotated[str, _on_words(label=texts.DEFAULT_VOICE, kind=VOICE, form=_VOICE)] = ""
    """Narration voice if the author has none; '' for none."""
    voice_labels: Annotated[Mapping[str, str], Setting(label=texts.VOICE_LABELS, kind=labels(VOICE_LABELS_MAX))] = (
        field(default_factory=lambda: MappingProxyType({}))
    )
    paused: Annotated[bool, Setting(label=texts.JOBS_PAUSED, kind=SWITCH)] = False

    def of_own_account(self) -> Self:
        """Return what of the settings applies to a member who pays: without what guards the server's credits."""
        return replace(self, job_ceiling=None, approve_above=None)

    @property
    def zone(self) -> dt.tzinfo:
        """The guild's time zone; UTC if unknown on this machine."""
        try:
            return zoneinfo.ZoneInfo(self.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return dt.UTC

    def having(self, name: str, value: Any) -> Self:
        """Return a copy with the setting `name` changed."""
        return replace(self, **{name: value})

    def changed_from(self, old: Self) -> dict[str, Setting]:
        """Return the settings that differ from `old`, by name."""
        settings = settings_of(type(self))
        return {name: each for name, each in settings.items() if getattr(self, name) != getattr(old, name)}

    def to_json(self) -> dict[str, Any]:
        """Return the non-default settings as JSON values."""
        differing = self.changed_from(type(self)())
        return {name: setting.kind.to_json(getattr(self, name)) for name, setting in differing.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Parse the result of `to_json`. Invalid values keep their default."""
        values = {}
        settings = settings_of(cls)
        for name in settings.keys() & data.keys():
            with suppress(TypeError, ValueError, OverflowError):
                values[name] = settings[name].kind.parse(data[name])
        return cls(**values)
