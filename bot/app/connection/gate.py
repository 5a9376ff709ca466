"""The gate that every request to Discord passes.

discord.py waits for each route's rate limit, but neither paces the sum of all calls nor stops calling a Discord that
refuses everything, and it retries inside the call, for up to 25 seconds. As a trace of aiohttp, the gate sees each
request before it is sent and each answer before discord.py does:

- Calls with the bot's token stay below Discord's 50 a second; those that post results have priority.
- After a global 429 or one of the network in front of Discord, one call probes and the others rest. After server errors
on several routes only calls to the places concerned rest.
- A call that posts a result (`bot.delivery.files.downloads`) rests only briefly, and is not retried by discord.py after
a server error: it raises at once, and the job's next turn tries again.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import structlog
from discord.http import INTERNAL_API_VERSION, Route

from bot.delivery.files.downloads import UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER, posting_guild
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.runtime.pace import Cap, Pace

log = structlog.get_logger(__name__)

FAILURES_TO_OPEN = 3
"""Different calls that must fail, with none succeeding, to open the breaker."""
FIRST_REST_S, REST_MAX_S = 1.0, 60.0
"""Rest before the first probe, and its maximum; it doubles with each failed probe."""


class Trouble(StrEnum):
    """Why the breaker is open."""

    GLOBAL_LIMIT = "global rate limit"
    BANNED = "ban"
    """A 429 of the network in front of Discord: it affects every call from this address."""
    DOWN = "server errors"


class DiscordBreaker:
    """A circuit breaker. Half-open: one probe per rest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failing: set[str] = set()
        self._places: set[str] = set()
        """Places of the failed calls."""
        self._rest_s = 0.0
        self._probe_at = 0.0
        self._is_probing = False
        self._changed = asyncio.Event()
        self.trouble: Trouble | None = None
        """Why it is open; None while closed."""

    @property
    def left_s(self) -> float:
        """The remaining rest, in seconds."""
        return max(0.0, self._probe_at - self._clock.monotonic())

    def stops(self, place: str) -> bool:
        """Whether calls to a place are stopped. `place` is any name of it."""
        return self.trouble is not None and (self.trouble is not Trouble.DOWN or place in self._places)

    def admits_probe(self) -> bool:
        """Whether a stopped call may be made as the probe; its outcome must be reported."""
        if self._is_probing or self.left_s > 0:
            return False
        self._is_probing = True
        return True

    async def rest(self, at_most_s: float = math.inf) -> None:
        """Wait until a call may be admitted, or for that many seconds."""
        rest_s = min(at_most_s, math.inf if self._is_probing else self.left_s)
        await self._clock.wait(self._changed, None if rest_s == math.inf else rest_s)

    # ------------------------------------------------------------------ outcomes

    def answered(self, *, is_probe: bool) -> None:
        """Note an answer. Open, only the probe's counts: others were sent earlier."""
        if self.trouble is None or is_probe:
            self._failing.clear()
            self._places.clear()
        if is_probe and self.trouble is not None:
            log.info("discord.back", trouble=self.trouble)
            self.trouble, self._rest_s = None, 0.0
            self._end_probe()

    def failed(self, call: str, place: str, *, is_probe: bool) -> None:
        """Note a 5xx; `call` is its method and path, `place` its destination."""
        self._failing.add(call)
        self._places.add(place)
        if is_probe or (self.trouble is None and len(self._failing) >= FAILURES_TO_OPEN):
            self._open(self.trouble or Trouble.DOWN, 0.0, is_probe=is_probe)

    def limited(self, trouble: Trouble, retry_after_s: float, *, is_probe: bool) -> None:
        """Note that every call is refused for `retry_after_s` seconds; 0: unknown."""
        if is_probe or self.trouble is None or retry_after_s > self.left_s:
            self._open(trouble, retry_after_s, is_probe=is_probe)

    def gave_up(self) -> None:
        """Note that the probe had no answer: another follows after a rest."""
        if self.trouble is not None:
            self._open(self.trouble, 0.0, is_probe=True)

    def _open(self, trouble: Trouble, retry_after_s: float, *, is_probe: bool) -> None:
        if is_probe or self.trouble is None:
            self._rest_s = min(REST_MAX_S, max(FIRST_REST_S, self._rest_s * 2))
        self.trouble = trouble
        rest_s = retry_after_s or self._rest_s
        self._probe_at = self._clock.monotonic() + rest_s
        log.warning("discord.resting", trouble=trouble, seconds=round(rest_s, 1))
        if is_probe:
            self._end_probe()

    def _end_probe(self) -> None:
        self._is_probing = False
        self._changed.set()
        self._changed = asyncio.Event()


CALLS_A_SECOND, CALLS_AT_ONCE = 47, 2
"""Discord's global limit is 50 in a second (topics: rate limits). The last may arrive up to 50 milliseconds faster than
the first."""
PATIENCE_S = 2.0
"""How long a call that posts a result waits for Discord: a global limit lasts a second."""
CALM_AFTER_S = 30.0
RATE_LIMIT_MAX_S = 30.0
"""discord.py raises RateLimited instead of waiting longer; this is its minimum."""
NOT_COUNTED = ("/interactions/", "/webhooks/")
"""Interaction endpoints are exempt from the global limit (same page)."""
UPLOADING = frozenset({"POST", "PATCH"})

NEWS_S = 0.25
"""Extra length at which a rest is announced again."""


@dataclass(slots=True)
class _Passage:
    """One request: what it has taken, to be released at its end."""

    call: str = ""
    """Its method and path; empty for the gateway and files."""
    is_counted: bool = False
    is_result: bool = False
    slots: Cap | None = None
    """Of an upload, where it has a place for `guild_id`."""
    guild_id: int = 0
    place: str = ""
    """Where its server errors count: the server of its result, else the channel."""
    is_probe: bool = False

    @property
    def kind(self) -> str:
        if self.is_result:
            return "result"
        return "other" if self.is_counted else "answer"


class DiscordGate:
    """Paces the bot's calls, stops them while Discord has trouble, and gives uploads their slots."""

    def __init__(self, clock: Clock, metrics: Metrics, *, is_paced: bool = True) -> None:
        """`is_paced` is False if a proxy paces the sum of all calls."""
        self._metrics = metrics
        self.is_paced = is_paced
        self.pace = Pace(clock, calls=CALLS_A_SECOND, burst=CALLS_AT_ONCE)
        self.breaker = DiscordBreaker(clock)
        self.slots, self.unpaced_slots = (Cap(UPLOADS_AT_ONCE, UPLOADS_OF_ONE_SERVER) for _ in range(2))
        """Two sets: an upload that waits for the pace must not keep the slot of one that need not."""
        self._clock = clock
        self._limited_at: float | None = None
        self.tell: Callable[[str], None] = lambda _retry_after_s: None
        """Called with each global 429 of Discord, which concerns the token, as what others' `heard` takes.

        One of the network in front of Discord concerns an address.
        """

    def is_calm(self) -> bool:
        """Whether optional calls are welcome: no limit in the last `CALM_AFTER_S` seconds."""
        is_recent = self._limited_at is not None and self._clock.monotonic() - self._limited_at < CALM_AFTER_S
        return self.breaker.trouble is None and not is_recent

    def trace(self) -> aiohttp.TraceConfig:
        """Return what `discord.Client(http_trace=…)` takes."""
        # The context is one passage; aiohttp's annotation knows only its own default for it.
        config: Any = aiohttp.TraceConfig(trace_config_ctx_factory=_passage)  # type: ignore[arg-type]
        config.on_request_start.append(self._start)
        config.on_request_end.append(self._end)
        config.on_request_exception.append(self._broke)
        trace: aiohttp.TraceConfig = config
        return trace

    # ------------------------------------------------------------------ before a request

    async def _start(
        self, _session: aiohttp.ClientSession, passage: _Passage, params: aiohttp.TraceRequestStartParams
    ) -> None:
        address, base = str(params.url), discord.http.Route.BASE
        if not address.startswith(base):
            return
        path = address.removeprefix(base).partition("?")[0]
        guild_id = posting_guild()
        passage.call, passage.is_result = f"{params.method} {path}", guild_id is not None
        passage.is_counted = not path.startswith(NOT_COUNTED)
        passage.place = "/".join(path.split("/")[:3]) if guild_id is None else f"{guild_id}"
        if guild_id is not None and params.method in UPLOADING:
            slots = self.slots if passage.is_counted else self.unpaced_slots
            await slots.take(guild_id)
            passage.slots, passage.guild_id = slots, guild_id
        try:
            await self._admit(passage)
        except BaseException:
            self._free(passage)  # aiohttp reports the end only of started requests
            raise

    async def _admit(self, passage: _Passage) -> None:
        patient_until = self._clock.monotonic() + PATIENCE_S
        while True:
            if passage.is_counted and self.is_paced:
                began = self._clock.monotonic()
                await self.pace.take(is_urgent=passage.is_result)
                self._metrics.rate_limit_wait("own", self._clock.monotonic() - began)
            if not self._concerns(passage):
                return
            if not self.breaker.stops(passage.place):
                return
            if self.breaker.admits_probe():
                passage.is_probe = True
                return
            await self._rest(passage, patient_until)

    async def _rest(self, passage: _Passage, patient_until: float) -> None:
        """Wait before asking again. Raises RateLimited for a result that would rest longer."""
        if not passage.is_result:
            await self.breaker.rest()
            return
        is_brief = self.breaker.trouble is Trouble.GLOBAL_LIMIT
        patience_s = patient_until - self._clock.monotonic() if is_brief else 0.0
        if patience_s <= 0 or self.breaker.left_s > patience_s:
            raise discord.RateLimited(self.breaker.left_s)
        await self.breaker.rest(patience_s)

    def _concerns(self, passage: _Passage) -> bool:
        """Whether the breaker's trouble concerns this call. Answers to members are always tried."""
        return passage.is_counted or (passage.is_result and self.breaker.trouble is not Trouble.GLOBAL_LIMIT)

    # ------------------------------------------------------------------ after it

    async def _end(
        self, _session: aiohttp.ClientSession, passage: _Passage, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self._free(passage)
        if not passage.call:
            return
        response = params.response
        self._metrics.discord_call(passage.kind, _outcome(response.status))
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._limited_at = self._clock.monotonic()
            await self._limited(passage, response)
        elif response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.breaker.failed(passage.call, passage.place, is_probe=_take_probe(passage))
            if passage.is_result or (passage.is_counted and self.breaker.trouble is not None):
                raise discord.DiscordServerError(response, None)
        else:
            self.breaker.answered(is_probe=_take_probe(passage))
            if response.ok and response.status != HTTPStatus.NO_CONTENT and not _is_json(response):
                raise discord.InvalidData("an answer that is not Discord's")

    async def _limited(self, passage: _Passage, response: aiohttp.ClientResponse) -> None:
        limit = await _rate_limit(response)
        if limit is None:
            self.breaker.limited(Trouble.BANNED, _retry_after(response), is_probe=_take_probe(passage))
            raise discord.HTTPException(response, None)
        retry_after_s, is_global = limit
        self._metrics.rate_limit_wait("discord", retry_after_s)
        if is_global:
            is_news = passage.is_probe or self.breaker.trouble is not Trouble.GLOBAL_LIMIT
            self.breaker.limited(Trouble.GLOBAL_LIMIT, retry_after_s, is_probe=_take_probe(passage))
            if is_news:
                self.tell(f"{retry_after_s:.3f}")
        else:
            self.breaker.answered(is_probe=_take_probe(passage))
        if passage.is_result and retry_after_s > PATIENCE_S:
            raise discord.RateLimited(retry_after_s)

    def heard(self, retry_after_s: str) -> None:
        """Pause for so many seconds, unless the own pause lasts as long."""
        if float(retry_after_s) > self.breaker.left_s + NEWS_S:
            self._limited_at = self._clock.monotonic()
            self.breaker.limited(Trouble.GLOBAL_LIMIT, float(retry_after_s), is_probe=False)

    async def _broke(
        self, _session: aiohttp.ClientSession, passage: _Passage, _params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self._free(passage)
        if passage.call:
            self._metrics.discord_call(passage.kind, "none")
        if _take_probe(passage):
            self.breaker.gave_up()

    def _free(self, passage: _Passage) -> None:
        if passage.slots is not None:
            passage.slots.leave(passage.guild_id)
            passage.slots = None


def _outcome(status: int) -> str:
    return "429" if status == HTTPStatus.TOO_MANY_REQUESTS else f"{status // 100}xx"


def _passage(trace_request_ctx: SimpleNamespace | None = None) -> _Passage:  # noqa: ARG001 - aiohttp gives it by name
    return _Passage()


def _take_probe(passage: _Passage) -> bool:
    """Return whether the request is the probe, once: its outcome is reported once."""
    was_probe, passage.is_probe = passage.is_probe, False
    return was_probe


async def _rate_limit(response: aiohttp.ClientResponse) -> tuple[float, bool] | None:
    """Return the seconds until Discord takes the call, and whether that concerns all calls.

    None if the answer is not Discord's: no `Via` header, or no JSON with a time.
    """
    if "Via" not in response.headers or not _is_json(response):
        return None
    try:
        limit = json.loads(await response.text())
        return float(limit["retry_after"]), bool(limit.get("global"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _retry_after(response: aiohttp.ClientResponse) -> float:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


def _is_json(response: aiohttp.ClientResponse) -> bool:
    return response.content_type == "application/json"


def call_discord_at(url: str) -> None:
    """Send all calls of this process to the API at this address, instead of `https://discord.com`.

    discord.py 2.7.1 has a class attribute, and no setting, for it.
    """
    Route.BASE = f"{url}/api/v{INTERNAL_API_VERSION}"
