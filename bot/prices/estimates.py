"""Cannon Studio's estimate tool for servers: cached for an hour, with its health.

An estimate never stops a job, and delays it by at most `WAIT_S`: the call continues, for the next job of the kind. A
failing tool rests for a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.account.api_keys import UsableKey
from bot.cannon.budgets import KeyBudgets
from bot.cannon.estimates import EstimateAnswer, EstimateOutcome, Estimates
from bot.catalogue import Field, FieldKind, Operation
from bot.prices.factors import price_factors
from bot.runtime.clock import Clock
from bot.runtime.pace import TimedMemory

WAIT_S: Final = 1.5
"""How long a member waits for an estimate."""
USUAL_RATIO: Final = "16:9"
"""The tool expects a ratio and every page shows this one."""
KEPT_S: Final = 3600.0
REST_S, HEALTH_S = 60.0, 86_400.0
_UNPRICED: Final = frozenset({"seed"})
FAILURES: Final = frozenset({EstimateOutcome.SILENT, EstimateOutcome.NOT_UNDERSTOOD, EstimateOutcome.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateHealth:
    """The tool's recent answers to a key. Times are Unix seconds."""

    outcome: EstimateOutcome
    since: float
    """Start of this state."""
    last_at: float


class EstimateTool:
    """Asks the tool with a server's key."""

    def __init__(self, estimates: Estimates, clock: Clock, budgets: KeyBudgets | None = None) -> None:
        self._estimates = estimates
        self._clock = clock
        self._budgets = budgets
        self._answers: TimedMemory[tuple[str, str, str], EstimateAnswer] = TimedMemory(clock, KEPT_S)
        self._health: TimedMemory[str, EstimateHealth] = TimedMemory(clock, HEALTH_S)
        self._rests: TimedMemory[str, bool] = TimedMemory(clock, REST_S)
        self._calls: dict[tuple[str, str, str], asyncio.Task[Decimal | None]] = {}

    async def aclose(self) -> None:
        """Abandon calls in progress."""
        for task in (calls := list(self._calls.values())):
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def health(self, slot: str) -> EstimateHealth | None:
        """Return the tool's health for a key; None if not requested within a day."""
        return self._health.get(slot)

    async def ask(
        self, guild_id: int, key: UsableKey, operation: Operation, values: Mapping[str, Any]
    ) -> Decimal | None:
        """Return the tool's price of this input, in credits; None without one.

        Inputs that differ only in words, links and seed share a request.
        """
        name = (key.slot(guild_id), operation.id, _digest(operation, values))
        answer = self._answers.get(name)
        if answer is not None:
            return answer.credits
        task = self._calls.get(name)
        if task is None:
            sent = _with_ratio(operation, values)
            task = self._calls[name] = asyncio.create_task(self._fetch(name, key, operation.id, sent))
            task.add_done_callback(lambda _: self._calls.pop(name))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(task)
        return None

    def cached(self, slot: str, operation: Operation, values: Mapping[str, Any]) -> Decimal | None:
        """Return what the tool has said of this input within an hour, without a request; None if nothing."""
        answer = self._answers.get((slot, operation.id, _digest(operation, values)))
        return None if answer is None else answer.credits

    async def _fetch(
        self, name: tuple[str, str, str], key: UsableKey, operation_id: str, values: Mapping[str, Any]
    ) -> Decimal | None:
        """Ask; None, without a request, if it failed within a minute or the key's budget is spent."""
        slot = name[0]
        if (self._budgets is not None and self._budgets.is_spent(key.secret)) or self._rests.get(slot):
            return None
        answer = await self._estimates.ask(key.secret, operation_id, values)
        now, before = self._clock.wall(), self._health.get(slot)
        since = before.since if before is not None and before.outcome is answer.outcome else now
        self._health.put(slot, EstimateHealth(outcome=answer.outcome, since=since, last_at=now))
        if answer.outcome in FAILURES:
            self._rests.put(slot, answer=True)
            return None
        return self._answers.put(name, answer).credits


def _with_ratio(operation: Operation, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an input with a ratio, if the operation has one: without it the tool has no price."""
    has_ratio = "aspect_ratio" in operation.names
    return {"aspect_ratio": USUAL_RATIO, **values} if has_ratio else values


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
