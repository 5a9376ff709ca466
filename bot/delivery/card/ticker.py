"""Redraws the cards of running jobs so that their times stay true: one task for all.

A card is edited at most every `APART_S` seconds, and only while visible. All stay below `CARDS_A_SECOND`, shared fairly
between servers. While Discord limits the bot, no time-only edits are made.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import discord
import structlog

from bot.delivery.card.context import CardContext
from bot.delivery.card.states import UNDER_WAY
from bot.delivery.channels.facts import DISCORD_ERRORS, is_gone
from bot.domain.models import PENDING_STATES, Card, Job, JobState
from bot.runtime.clock import Clock

APART_S, SEVERAL_APART_S = 10.0, 20.0
EVERY_S = 12.0
"""Least interval while a job waits for a new attempt."""
SELDOM_S = 60.0
"""Interval of queue positions."""
TOKEN_SPARE_S = 20.0
"""How long before its token ends an ephemeral card is drawn last, without a time."""


def apart_s(jobs: Sequence[Job]) -> float:
    """Return the minimum seconds between two edits without results."""
    return APART_S if len(jobs) == 1 else SEVERAL_APART_S


def next_edit_s(card: Card, jobs: Sequence[Job], context: CardContext) -> float | None:
    """Return the seconds until the card may say something else; None: not before something happens."""
    waits = [wait for job in jobs if (wait := _next_s(job, context)) is not None]
    if card.is_by_token and context.progress:
        waits.append(card.token_expires_at - TOKEN_SPARE_S - context.now)
    return min(waits, default=None)


def _next_s(job: Job, context: CardContext) -> float | None:
    if job.state.ended or job.state is JobState.AWAITING_APPROVAL:
        return None
    if job.waits_for is not None:
        return max(EVERY_S, job.next_at - context.now + 1)
    if job.state is JobState.WAITING:
        return SELDOM_S
    progress = context.progress.get(job.id)
    return None if progress is None or job.blocked_s or job.overdue_at is not None else progress.next_s


def is_calm(jobs: Sequence[Job], shown: Mapping[str, JobState]) -> bool:
    """Whether every pending change of the card can wait some seconds.

    `shown`: the states that the card shows. Ends are shown at once; a ready result shows itself, while others are
    awaited.
    """
    goes_on = any(job.state in UNDER_WAY or job.state in PENDING_STATES for job in jobs)
    return goes_on and all(_is_calm(job, shown.get(job.id)) for job in jobs)


def _is_calm(job: Job, shown: JobState | None) -> bool:
    if job.state.ended:
        return job.state is shown
    return (
        job.waits_for is None
        and not job.blocked_s
        and job.overdue_at is None
        and not job.raised
        and (
            job.state in UNDER_WAY
            or job.state is JobState.READY
            or (job.state in PENDING_STATES and job.state is not JobState.AWAITING_APPROVAL)
        )
    )


def tells_time(card: Card, now: float) -> bool:
    """Whether the card is redrawn before a time on it has passed."""
    return not card.is_by_token or card.token_expires_at - now > TOKEN_SPARE_S


log = structlog.get_logger(__name__)

CARDS_A_SECOND = 5
AT_ONCE = 4
ROUND_S = 1.0
FAILED_AGAIN_S, QUIET_S = 60.0, 30.0
SPREAD_S = 15.0
"""The first edits after a start are spread over this time."""

CardKey = tuple[int, str]
Correct = Callable[[int, str], Awaitable[None]]
"""Draws a card. Raises Discord's or the network's error."""


class CardTicker:
    """Schedules redraws; `edit` draws.

    `open_cards` returns cards with open jobs for the first round; None where they come by `take_over`.
    `is_calm` says whether Discord accepts deferrable calls. Times are monotonic.
    """

    def __init__(
        self, clock: Clock, *, open_cards: Callable[[], Awaitable[list[CardKey]]] | None, is_calm: Callable[[], bool]
    ) -> None:
        self._clock = clock
        self._open_cards = open_cards
        self._is_calm = is_calm
        self._due: dict[CardKey, float] = {}
        self._heap: list[tuple[float, CardKey]] = []
        """Entries of `_due`, and some replaced ones."""
        self._edited: dict[CardKey, float] = {}
        self._quiet_until = 0.0
        self._is_loaded = open_cards is None

    def edited(self, card: CardKey) -> None:
        self._edited[card] = self._clock.monotonic()

    def rest_s(self, card: CardKey, apart_s: float = APART_S) -> float:
        """Return the seconds until the card may be edited, `apart_s` after the last edit; 0 for now."""
        at = self._edited.get(card)
        return 0.0 if at is None else max(0.0, at + apart_s - self._clock.monotonic())

    def expect(self, card: CardKey, in_s: float) -> None:
        """Redraw the card in `in_s` seconds, or as soon as allowed; replaces the earlier time."""
        due = self._clock.monotonic() + max(in_s, self.rest_s(card))
        self._due[card] = due
        heapq.heappush(self._heap, (due, card))
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [(at, each) for each, at in self._due.items()]
            heapq.heapify(self._heap)

    def forget(self, card: CardKey) -> None:
        """Stop drawing an ended or unreachable card."""
        self._due.pop(card, None)
        self._edited.pop(card, None)

    @property
    def watched(self) -> int:
        """Return how many cards are scheduled."""
        return len(self._due)

    async def run_once(self, correct: Correct) -> int:
        """Draw due cards, at most one round's; return how many."""
        if not self._is_loaded:
            await self._load()
        if not self._is_calm() or self._clock.monotonic() < self._quiet_until:
            return 0
        chosen = in_turn(self._take_due(), CARDS_A_SECOND)
        for start in range(0, len(chosen), AT_ONCE):
            await asyncio.gather(*(self._draw(card, correct) for card in chosen[start : start + AT_ONCE]))
        return len(chosen)

    async def _load(self) -> None:
        """Schedule the open cards of an earlier process, without a burst."""
        cards = [] if self._open_cards is None else await self._open_cards()
        self._is_loaded = True
        self.spread(cards)

    def take_over(self, cards: Collection[CardKey]) -> None:
        """Schedule cards that are drawn here from now on; none, if `open_cards` returned them."""
        if self._open_cards is None:
            self.spread(cards)

    def spread(self, cards: Collection[CardKey]) -> None:
        """Schedule cards that are not due sooner, at different times to avoid a burst."""
        now = self._clock.monotonic()
        for number, card in enumerate(cards):
            in_s = SPREAD_S * (number + 1) / len(cards)
            if now + in_s < self._due.get(card, math.inf):
                self.expect(card, in_s)

    def _take_due(self) -> list[CardKey]:
        """Return all due cards, the oldest first; they stay due until drawn."""
        now = self._clock.monotonic()
        due: list[tuple[float, CardKey]] = []
        while self._heap and self._heap[0][0] <= now:
            at, card = heapq.heappop(self._heap)
            if self._due.get(card) == at:
                due.append((at, card))
        for entry in due:
            heapq.heappush(self._heap, entry)
        return [card for _, card in due]

    async def _draw(self, card: CardKey, correct: Correct) -> None:
        self._due.pop(card, None)
        try:
            await correct(*card)
        except discord.RateLimited as error:
            self._quiet_until = self._clock.monotonic() + max(QUIET_S, error.retry_after)
            self.expect(card, error.retry_after)
        except DISCORD_ERRORS as error:
            gone = isinstance(error, discord.HTTPException) and is_gone(error)
            log.info("ticker.not_drawn", card=card[1], error=type(error).__name__, gone=gone)
            if gone:
                self.forget(card)
            else:
                self.expect(card, FAILED_AGAIN_S)
        except Exception:
            log.exception("ticker.draw_failed", card=card[1])
            self.forget(card)


def in_turn(cards: Iterable[CardKey], count: int) -> list[CardKey]:
    """Return the first `count` cards, one per server in turn, first come first."""
    waiting: dict[int, deque[CardKey]] = {}
    for card in cards:
        waiting.setdefault(card[0], deque()).append(card)
    chosen: list[CardKey] = []
    while waiting and len(chosen) < count:
        for guild_id in list(waiting):
            if len(chosen) == count:
                break
            chosen.append(waiting[guild_id].popleft())
            if not waiting[guild_id]:
                del waiting[guild_id]
    return chosen
