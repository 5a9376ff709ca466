"""What Cannon Studio's estimate tool says that samples cost: prices before any job was paid. In memory.

A sample is requested once a day for each key, and a key asks at most twenty times an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.catalogue.price_samples import PriceSample
from bot.domain.price_model import PriceFactors
from bot.guild.api_keys import UsableKey
from bot.guild.estimate_tool import EstimateTool
from bot.runtime.clock import Clock
from bot.runtime.rate_limiter import RateLimiter

ASK_AGAIN_S: Final = 86_400.0
"""For how long a price is believed."""
ASK_UNANSWERED_AGAIN_S: Final = 3600.0
ASKED_IN_AN_HOUR: Final = 20
AT_ONCE: Final = 4
SLOTS_MAX: Final = 1024
"""For how many keys answers are kept, so that memory stays bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPrice:
    """The tool's price of a sample, in credits."""

    sample: PriceSample
    factors: PriceFactors
    credits: Decimal


@dataclass(frozen=True, slots=True)
class _Answer:
    credits: Decimal | None
    until: float
    """Until when it counts, in seconds of monotonic time."""


class ToldPrices:
    """Asks the estimate tool what samples cost and keeps its answers. `slot` is the key's name, as in UsableKey."""

    def __init__(self, tool: EstimateTool, clock: Clock) -> None:
        self._tool = tool
        self._clock = clock
        self._pace = RateLimiter(clock, ASKED_IN_AN_HOUR, 3600.0)
        self._answers: dict[str, dict[tuple[str, str], _Answer]] = {}
        self._asking: set[tuple[str, str, str]] = set()

    def told(self, slot: str, sample: PriceSample) -> Decimal | None:
        """Return what a sample costs with this key, None where the tool has not said so within a day."""
        answer = self._fresh(slot, sample)
        return None if answer is None else answer.credits

    def unasked(self, slot: str, samples: Iterable[PriceSample]) -> list[PriceSample]:
        """Return those samples that have to be requested from the tool."""
        return [each for each in samples if self._fresh(slot, each) is None]

    async def ask(self, guild_id: int, key: UsableKey, samples: Sequence[PriceSample], *, most: int) -> None:
        """Ask what is unasked, at most `most` samples and what is left of the hour's; a few at once."""
        due = self.unasked(key.slot(guild_id), samples)[:most]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._ask(guild_id, key, each) for each in due[start : start + AT_ONCE]))

    async def _ask(self, guild_id: int, key: UsableKey, sample: PriceSample) -> None:
        slot = key.slot(guild_id)
        asked = (slot, sample.operation, sample.model)
        if asked in self._asking or self._pace.wait_s(slot):
            return
        self._asking.add(asked)
        try:
            answer = await self._tool.ask_now(guild_id, key, sample.operation, sample.input)
            if answer is not None:
                self._keep(slot, sample, answer.credits)
        finally:
            self._asking.discard(asked)

    def _fresh(self, slot: str, sample: PriceSample) -> _Answer | None:
        answer = self._answers.get(slot, {}).get((sample.operation, sample.model))
        return answer if answer is not None and self._clock.monotonic() < answer.until else None

    def _keep(self, slot: str, sample: PriceSample, credits_: Decimal | None) -> None:
        lasts_s = ASK_UNANSWERED_AGAIN_S if credits_ is None else ASK_AGAIN_S
        answers = self._answers.pop(slot, {})
        while len(self._answers) >= SLOTS_MAX:
            self._answers.pop(next(iter(self._answers)))  # the one that was told least recently
        self._answers[slot] = answers
        answers[sample.operation, sample.model] = _Answer(credits_, self._clock.monotonic() + lasts_s)
