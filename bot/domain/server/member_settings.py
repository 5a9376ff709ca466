"""A member's own settings on a server: request defaults, notifications, presets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.domain.models import Card, Job, JobState, MediaKind

STYLE_CHARS: Final = 300
"""Longest text added to prompts."""
PRESETS_MAX: Final = 25
"""Most presets per member and server: as many as a list of choices shows."""
PRESET_NAME_CHARS: Final = 32


PING_AFTER_S: Final = 60.0
"""From this time between request and result on, a server pings the author."""


class Notify(StrEnum):
    """How a member is notified of a result."""

    SERVER = "server"
    """By the server's rule, which concerns long jobs."""
    PING = "ping"
    DIRECT = "direct"
    """By DM."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSettings:
    """A member's settings on a server. Empty or off means unset."""

    models: Mapping[str, str] = field(default_factory=dict)
    """Default model by operation id."""
    aspect_ratio: str = ""
    """Of new images and videos."""
    style: str = ""
    """Added to the prompts of images and videos."""
    voice: str = ""
    """Of narrations that name none."""
    private: bool = False
    """Whether results are private by default."""
    spoiler: bool = False
    """Whether results are spoilers by default."""
    is_unshown: bool = False
    """Whether galleries and lists of the best leave their results out."""
    notify: Notify = Notify.SERVER
    pays: str = ""
    """Who pays for the member's requests (`Pays`); '' until they have chosen."""


def may_be_notified(own: Notify, *, created_at: float, delivered_at: float | None) -> bool:
    """Whether `notified_by` may apply to a result of these times (Unix seconds). Must match `_PING_IS_DUE`."""
    took_s = math.inf if delivered_at is None else delivered_at - created_at
    return own in {Notify.PING, Notify.DIRECT} or took_s > PING_AFTER_S


def notified_by(own: Notify, card: Card, jobs: Sequence[Job], *, server_pings: bool) -> Notify:
    """Return how the author hears of the card's results: as they chose, else by a ping if the server's rule fits."""
    if own is not Notify.SERVER:
        return own
    return Notify.PING if server_pings and _took_long(card, jobs) else Notify.NOTHING


def _took_long(card: Card, jobs: Sequence[Job]) -> bool:
    """Whether the results came late enough, and are more than pictures, for which their author mostly waits."""
    posted = [job for job in jobs if job.state is JobState.DELIVERED]
    ended_at = max((job.delivered_at or 0.0 for job in posted), default=0.0)
    is_more = any(medium.kind is not MediaKind.IMAGE for job in posted for medium in job.media)
    return is_more and ended_at - card.created_at > PING_AFTER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Named options for one operation. `values` are inputs by wire name, without files."""

    name: str
    operation: str
    values: Mapping[str, Any]
