"""When the cards of running jobs are edited again, so that what they say of time stays true: one task for all cards.

A card is edited at most every `APART_S` seconds, and only while somebody can see it. All together stay below
`CARDS_A_SECOND`; under more, each waits longer, and one server's cards do not hold up another's. While Discord limits
the bot, nothing is edited that only tells the time.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import discord
import structlog

from bot.delivery.card.context import CardContext
from bot.delivery.card.states import SHORTEST_TOLD_S, UNDER_WAY
from bot.delivery.channels.facts import DISCORD_ERRORS, is_gone
from bot.domain.jobs.poll_schedule import JobProgress
from bot.domain.models import PENDING_STATES, Card, Job, JobState
from bot.runtime.clock import Clock
from bot.runtime.logs import QuietErrors

APART_S, SEVERAL_APART_S = 10.0, 20.0
EVERY_S = 12.0
"""While a time is told: less than `SHORTEST_TOLD_S`, so that none is on a card that has passed."""
SELDOM_S = 30.0
"""Where no time is told: a place in the queue, a bar that hardly moves."""
QUEUED_S = 3.0
"""What is queued at Cannon Studio is mostly begun within this time: then the card says that at once."""
TOKEN_SPARE_S = 20.0
"""So long before its token ends, a card that only the token reaches is drawn for the last time, without a time."""


def apart_s(jobs: Sequence[Job]) -> float:
    """Return how many seconds at least lie between two edits that bring no result: cards of several have results."""
    return APART_S if len(jobs) == 1 else SEVERAL_APART_S


def next_edit_s(jobs: Sequence[Job], context: CardContext) -> float | None:
    """Return in how many seconds the card of `jobs` is to be drawn again, None for not before something happens."""
    waits = [wait for job in jobs if (wait := _next_s(job, context)) is not None]
    return min(waits, default=None)


def _next_s(job: Job, context: CardContext) -> float | None:
    if job.state.ended or job.state is JobState.AWAITING_APPROVAL:
        return None
    if job.waits_for is not None:
        return max(EVERY_S, job.next_at - context.now + 1)
    if job.state is JobState.WAITING:
        return SELDOM_S
    progress = context.progress.get(job.id)
    return None if progress is None or context.blocked or job.overdue_at is not None else _moves_s(progress)


def _moves_s(progress: JobProgress) -> float:
    if progress.left_s is None:
        return SELDOM_S
    if progress.left_s < SHORTEST_TOLD_S:
        return progress.left_s + 1  # when the few seconds are over
    return EVERY_S


def is_calm(jobs: Sequence[Job], told: Mapping[str, JobState]) -> bool:
    """Whether nothing has happened to the card of `jobs` that cannot be told some seconds later.

    `told`: the states that the card shows. How a job ended is told at once, and then it is no news any more. A result
    that is ready says so by coming, while there are others to wait for.
    """
    goes_on = any(job.state in UNDER_WAY or job.state in PENDING_STATES for job in jobs)
    return goes_on and all(_is_calm(job, told.get(job.id)) for job in jobs)


def _is_calm(job: Job, told: JobState | None) -> bool:
    if job.state.ended:
        return job.state is told
    return (
        job.waits_for is None
        and job.overdue_at is None
        and not job.raised
        and (
            job.state in UNDER_WAY
            or job.state is JobState.READY
            or (job.state in PENDING_STATES and job.state is not JobState.AWAITING_APPROVAL)
        )
    )


def is_only_queued(jobs: Sequence[Job]) -> bool:
    """Whether Cannon Studio has some of the jobs, and has begun with none."""
    states = {job.state for job in jobs}
    return JobState.QUEUED in states and states <= {JobState.SUBMITTING, JobState.QUEUED, JobState.WAITING}


def tells_time(card: Card, now: float) -> bool:
    """Whether the card will be drawn again before a time that it tells has passed."""
    return not card.is_ephemeral or card.token_expires_at - now > TOKEN_SPARE_S


log = structlog.get_logger(__name__)

CARDS_A_SECOND = 5
AT_ONCE = 4
ROUND_S = 1.0
FAILED_AGAIN_S, QUIET_S = 60.0, 30.0
SPREAD_S = 15.0
"""Over this time the first edits after a start are spread."""

CardKey = tuple[int, str]
"""A card by its server's id and its own."""
Correct = Callable[[int, str], Awaitable[None]]
"""Draws a card as it is now. Raises Discord's or the network's error."""


class CardTicker:
    """Knows when which card is due; `edit` has it drawn.

    `open_cards` returns those with open jobs, for the first round after a start; None where other processes may have
    some of them, and those that this one is to draw come by `take_over`. `is_calm` says whether Discord takes
    calls that nobody needs. Times are those of the monotonic clock.
    """

    def __init__(
        self, clock: Clock, *, open_cards: Callable[[], Awaitable[list[CardKey]]] | None, is_calm: Callable[[], bool]
    ) -> None:
        self._clock = clock
        self._quiet = QuietErrors(clock)
        self._open_cards = open_cards
        self._is_calm = is_calm
        self._due: dict[CardKey, float] = {}
        self._heap: list[tuple[float, CardKey]] = []
        """Those of `_due`, and some that were replaced since."""
        self._edited: dict[CardKey, float] = {}
        self._quiet_until = 0.0
        self._is_loaded = open_cards is None

    # ------------------------------------------------------------------ what is due

    def edited(self, card: CardKey) -> None:
        """Note that the card was edited just now."""
        self._edited[card] = self._clock.monotonic()

    def rest_s(self, card: CardKey, apart_s: float = APART_S) -> float:
        """Return in how many seconds the card may be edited again, `apart_s` after the edit before; 0 for now."""
        at = self._edited.get(card)
        return 0.0 if at is None else max(0.0, at + apart_s - self._clock.monotonic())

    def expect(self, card: CardKey, in_s: float) -> None:
        """Have the card drawn again in `in_s` seconds, or as soon as it may be; this replaces what was expected."""
        due = self._clock.monotonic() + max(in_s, self.rest_s(card))
        self._due[card] = due
        heapq.heappush(self._heap, (due, card))
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [(at, each) for each, at in self._due.items()]
            heapq.heapify(self._heap)

    def forget(self, card: CardKey) -> None:
        """Draw the card no more: it has ended, or nobody can see it."""
        self._due.pop(card, None)
        self._edited.pop(card, None)

    @property
    def watched(self) -> int:
        """How many cards are to be drawn again."""
        return len(self._due)

    # ------------------------------------------------------------------ drawing

    async def run(self, correct: Correct) -> None:
        """Draw what is due, until cancelled."""
        pause = asyncio.Event()  # never set: the clock ends each wait
        while True:
            try:
                await self.run_once(correct)
            except Exception as error:  # noqa: BLE001 - the loop must go on; it is logged there
                self._quiet.note(log, "ticker.round_failed", "", error)
            await self._clock.wait(pause, ROUND_S)

    async def run_once(self, correct: Correct) -> int:
        """Draw what is due, at most what a round may; return how many cards were."""
        if not self._is_loaded:
            await self._load()
        if not self._is_calm() or self._clock.monotonic() < self._quiet_until:
            return 0
        chosen = in_turn(self._take_due(), CARDS_A_SECOND)
        for start in range(0, len(chosen), AT_ONCE):
            await asyncio.gather(*(self._draw(card, correct) for card in chosen[start : start + AT_ONCE]))
        return len(chosen)

    async def _load(self) -> None:
        """Expect the cards that an earlier process has left open, spread so that a start is no burst."""
        cards = [] if self._open_cards is None else await self._open_cards()
        self._is_loaded = True
        self.spread(cards)

    def take_over(self, cards: Collection[CardKey]) -> None:
        """Expect cards that another process may have drawn so far; none, where `open_cards` has told of them."""
        if self._open_cards is None:
            self.spread(cards)

    def spread(self, cards: Collection[CardKey]) -> None:
        """Expect cards that are not expected yet, each at another time, so that many are no burst."""
        for number, card in enumerate(cards):
            if card not in self._due:
                self.expect(card, SPREAD_S * (number + 1) / len(cards))

    def _take_due(self) -> list[CardKey]:
        """Return all cards that are due, the longest due first; they stay due until they are drawn."""
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
    """Return the first `count` of the cards, one of each server in turn; of one server the first come first."""
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
