"""The requests of the bot as the tests see them, and what can be made to go wrong with them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.support.wire.world import Blob


@dataclass(slots=True)
class Upload:
    """One file part, in the shape that simcord's routes read: `fp.read()`, a name and a description."""

    filename: str
    blob: Blob
    description: str | None = None

    @property
    def fp(self) -> Upload:
        return self

    def read(self) -> Blob:
        return self.blob


@dataclass(slots=True, kw_only=True)
class Call:
    """One request of the bot; `status` is 0 until it is answered, and stays 0 where the answer was lost."""

    method: str
    path: str
    """Without `/api/v10` and the query."""
    params: Mapping[str, str]
    json: Any
    files: list[Upload]
    authorization: str | None
    at: float
    status: int = 0

    def matches(self, method: str, pattern: str) -> bool:
        return method in {"*", self.method} and fnmatchcase(self.path, pattern)


@dataclass(slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with the next matching requests. See `WireDiscord.fault`."""

    method: str
    pattern: str
    status: int | None
    code: int
    message: str
    commit: bool
    times: int
    retry_after_s: float
    is_global: bool = False
    is_html: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a request has come to the fault, after the commit if it commits."""
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Release the held requests."""
        self.gate.set()


class Share(NamedTuple):
    """What a request leaves of its rate limit: below zero it is refused."""

    left: int
    limit: int
    reset_s: float


@dataclass(slots=True, kw_only=True)
class Pace:
    """A rate limit: so many requests per window, each channel or webhook for itself."""

    method: str
    pattern: str
    limit: int
    per_s: float
    windows: dict[str, tuple[float, int]] = field(default_factory=dict)

    def take(self, call: Call) -> Share:
        """Count the call in its window."""
        now = time.monotonic()
        end, used = self.windows.get(major_of(call.path), (0.0, 0))
        if now >= end:
            end, used = now + self.per_s, 0
        used = min(used + 1, self.limit + 1)
        self.windows[major_of(call.path)] = (end, used)
        return Share(self.limit - used, self.limit, end - now)


@dataclass(slots=True, kw_only=True)
class GlobalLimit:
    """Discord's limit for the sum of a bot's calls: so many in any second of `seconds`, those of interactions aside."""

    limit: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    """Whose seconds they are."""
    taken: deque[float] = field(default_factory=deque)
    most: int = 0
    """The most calls that came within one such second."""

    def allows(self, call: Call) -> bool:
        """Count the call; False if it is one too many."""
        if call.path.startswith(("/interactions/", "/webhooks/")):
            return True
        now = self.now()
        self.taken.append(now)
        while self.taken[0] <= now - self.seconds:
            self.taken.popleft()
        self.most = max(self.most, len(self.taken))
        return len(self.taken) <= self.limit


def major_of(path: str) -> str:
    """Return the part of the path whose rate limit is its own: `/channels/1`, `/webhooks/1/token`."""
    parts = path.split("/")
    return "/".join(parts[: 4 if parts[1] == "webhooks" else 3])
