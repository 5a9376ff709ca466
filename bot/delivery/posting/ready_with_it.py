"""Other ready results of a card, posted in the same edit."""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial

from bot.delivery.channels.facts import DISCORD_ERRORS, FILES_PER_MESSAGE, REQUEST_LIMIT_BYTES
from bot.delivery.channels.gate import PostingGate
from bot.delivery.files.downloads import Downloads, ResultFiles
from bot.delivery.posting.review import ReviewDesk
from bot.domain.jobs.card_jobs import is_linked
from bot.domain.models import RUNNING_STATES, Card, Job, JobState
from bot.jobs.surface import Later, NoPlace, Parked
from bot.runtime.clock import Clock
from bot.runtime.pace import Recent

GATHER_S = 1.5
"""How long a result waits for others of its card."""
SECRET_AGAIN_S = 5.0
"""Between two checks of a result on which members vote: it waits until all have ended, as the first would say something
of its model."""
FEW, FEW_APART_S, MANY_APART_S = 4, 4.0, 20.0
"""Edit intervals on cards of few and of more jobs: Discord allows five edits in five seconds per channel, shared by its
cards."""
AWAITED_STATES = RUNNING_STATES - {JobState.READY}
"""Results that are ready, too, are posted with it."""
CARDS_KEPT = 1000


@dataclass(frozen=True)
class ReadyWithIt:
    """Finds them and keeps their files on disk during the upload.

    Each is still settled in its own turn, which finds it posted.
    """

    _: KW_ONLY
    downloads: Downloads
    review: ReviewDesk
    gate: PostingGate
    clock: Clock
    _gathered_at: Recent[str, float] = field(default_factory=partial(Recent, CARDS_KEPT), init=False)
    """By card id, when gathered results are posted; monotonic seconds, as in `_posted_at`."""
    _posted_at: Recent[str, float] = field(default_factory=partial(Recent, CARDS_KEPT), init=False)

    def wait_s(self, jobs: Sequence[Job], job: Job) -> float:
        """Return the seconds until posting; 0 for now: for steps, and if no others are being made."""
        if job.is_secret:
            is_first = any(not each.state.ended and each.state is not JobState.READY for each in jobs)
            return SECRET_AGAIN_S if is_first else 0.0
        if is_linked(jobs) or all(each.state not in AWAITED_STATES for each in jobs if each.id != job.id):
            return 0.0
        now = self.clock.monotonic()
        if job.card_id not in self._gathered_at:
            apart_s = FEW_APART_S if len(jobs) <= FEW else MANY_APART_S
            before = self._posted_at.get(job.card_id, -math.inf)
            self._gathered_at[job.card_id] = max(now + GATHER_S, before + apart_s)
        return max(0.0, self._gathered_at[job.card_id] - now)

    @contextlib.asynccontextmanager
    async def ready(
        self, card: Card, jobs: Sequence[Job], job: Job, results: ResultFiles
    ) -> AsyncIterator[tuple[tuple[Job, ResultFiles], ...]]:
        """Yield what may be posted with `job`, with files until the block ends; () for steps.

        What can't be posted is left to its own turn. All files fit one request.
        """
        self._gathered_at.pop(card.id, None)
        self._posted_at[card.id] = self.clock.monotonic()
        also: list[tuple[Job, ResultFiles]] = []
        files, size = len(results.files), sum(file.size for file in results.files)
        async with contextlib.AsyncExitStack() as stack:
            for other in () if is_linked(jobs) or job.state is not JobState.READY else jobs:
                if other.id == job.id or files >= FILES_PER_MESSAGE or not await self._may_come(card, jobs, other):
                    continue
                try:
                    found = await stack.enter_async_context(self.downloads.results(other))
                except (Later, NoPlace):
                    continue
                files, size = files + len(found.files), size + sum(file.size for file in found.files)
                if size > REQUEST_LIMIT_BYTES:
                    break
                done = replace(other, state=JobState.DELIVERED, delivered_at=self.clock.wall(), error=None)
                also.append((done, found))
            yield tuple(also)

    async def _may_come(self, card: Card, jobs: Sequence[Job], other: Job) -> bool:
        is_ready = other.state is JobState.READY and other.waits_for is None
        if not is_ready or card.message_id is None or other.dropped_by is not None:
            return False
        try:
            await self.review.require(card, jobs, other, also=await self.gate.moved_to(card))
            places = await self.gate.open_places(card, other, channel_id=card.channel_id)
        except (Later, NoPlace, Parked, *DISCORD_ERRORS):
            return False
        return card.place_id in places
