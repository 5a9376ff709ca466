"""Cannon Studio's estimate tool for servers: cached for an hour, with its health.

An estimate never stops a job, and delays it by at most `TIMEOUT_S`: a failing tool rests for a minute, and moderators
are alerted once an hour.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

from bot.account.api_keys import UsableKey
from bot.cannon.estimates import EstimateAnswer, EstimateOutcome, Estimates
from bot.catalogue import Field, FieldKind, Operation
from bot.domain.money.account import HOUR_S, Alert
from bot.prices import texts
from bot.prices.factors import price_factors
from bot.runtime.clock import Clock

KEPT_S: Final = 3600.0
REST_S: Final = 60.0
ANSWERS_MAX: Final = 5000
SLOTS_MAX: Final = 1024
"""Keys whose health is cached."""
_UNPRICED: Final = frozenset({"seed"})
FAILURES: Final = frozenset({EstimateOutcome.SILENT, EstimateOutcome.REFUSED})

Tell = Callable[[int, Callable[[], Sequence[Alert]]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateHealth:
    """The tool's recent answers to a key. Times are Unix seconds."""

    outcome: EstimateOutcome
    since: float
    """Start of this state."""
    last_at: float


@dataclass(frozen=True, slots=True)
class _Answer:
    credits: Decimal | None
    until: float
    """Expiry, in monotonic seconds."""


class EstimateTool:
    """Asks the tool with a server's key."""

    def __init__(self, estimates: Estimates, clock: Clock) -> None:
        self._estimates = estimates
        self._clock = clock
        self._tell: Tell = lambda _guild_id, _alerts: None
        self._answers: dict[tuple[str, str, str], _Answer] = {}
        self._health: dict[str, EstimateHealth] = {}
        self._rests_until: dict[str, float] = {}
        self._locks: weakref.WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = weakref.WeakValueDictionary()

    def listen(self, tell: Tell) -> None:
        """Have `tell` called with a guild's alerts."""
        self._tell = tell

    def health(self, slot: str) -> EstimateHealth | None:
        """Return the tool's health for a key; None if not requested since the start."""
        return self._health.get(slot)

    async def ask(
        self, guild_id: int, key: UsableKey, operation: Operation, values: Mapping[str, Any]
    ) -> Decimal | None:
        """Return the tool's price of this input, in credits; None without one.

        Inputs that differ only in words, links and seed share a request.
        """
        slot = key.slot(guild_id)
        name = (slot, operation.id, _digest(operation, values))
        async with self._locks.setdefault(name, asyncio.Lock()):
            cached, now = self._answers.get(name), self._clock.monotonic()
            if cached is not None and now < cached.until:
                return cached.credits
            answer = await self.ask_now(guild_id, key, operation.id, values)
            if answer is None or answer.outcome in FAILURES:
                return None
            self._keep(name, answer.credits)
            return answer.credits

    async def ask_now(
        self, guild_id: int, key: UsableKey, operation_id: str, values: Mapping[str, Any]
    ) -> EstimateAnswer | None:
        """Ask without the cache; None, without a request, if the tool failed within a minute."""
        slot, now = key.slot(guild_id), self._clock.monotonic()
        if now < self._rests_until.get(slot, now):
            return None
        answer = await self._estimates.ask(key.secret, operation_id, values)
        self._note(guild_id, slot, answer.outcome, tells=not key.is_practice)
        return answer

    def _keep(self, name: tuple[str, str, str], credits_: Decimal | None) -> None:
        self._answers.pop(name, None)
        while len(self._answers) >= ANSWERS_MAX:
            self._answers.pop(next(iter(self._answers)))
        self._answers[name] = _Answer(credits_, self._clock.monotonic() + KEPT_S)

    def _note(self, guild_id: int, slot: str, outcome: EstimateOutcome, *, tells: bool) -> None:
        now, before = self._clock.wall(), self._health.pop(slot, None)
        since = before.since if before is not None and before.outcome is outcome else now
        while len(self._health) >= SLOTS_MAX:
            oldest = next(iter(self._health))
            del self._health[oldest]
            self._rests_until.pop(oldest, None)
        self._health[slot] = EstimateHealth(outcome=outcome, since=since, last_at=now)
        self._rests_until.pop(slot, None)
        if outcome in FAILURES:
            self._rests_until[slot] = self._clock.monotonic() + REST_S
            if tells:
                self._tell(guild_id, partial(_alerts, outcome, now + HOUR_S))


def _alerts(outcome: EstimateOutcome, until: float) -> list[Alert]:
    text = texts.estimate_tool_failed(refused=outcome is EstimateOutcome.REFUSED)
    return [Alert(name="estimate_tool", until=until, text=text)]


def _digest(operation: Operation, values: Mapping[str, Any]) -> str:
    """Return a digest of what determines a price: all but words, links and seed."""
    words = {each.name for each in operation.fields if _is_free(each)} | _UNPRICED
    priced = {name: value for name, value in values.items() if name not in words}
    factors = price_factors(operation, values)
    made_of = [priced, factors.kind, factors.size, factors.outputs]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True, default=str).encode()).hexdigest()


def _is_free(field: Field) -> bool:
    is_choice = field.choices or field.suggestions or field.choices_by_model
    return field.kind in {FieldKind.URL, FieldKind.URLS} or (field.kind is FieldKind.TEXT and not is_choice)
