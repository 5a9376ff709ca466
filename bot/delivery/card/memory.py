"""What this process remembers of cards: locks, and how each was last drawn."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from bot.domain.jobs.poll_schedule import Expected
from bot.domain.models import Job, JobState
from bot.runtime.pace import Recent

SHOWN_CARDS_KEPT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a card says, but for what changes with every other job of its author."""

    text: str
    states: Mapping[str, JobState]
    """By job id, as `expected`."""
    expected: Mapping[str, Expected]


class CardLock:
    """Keeps edits of a card apart: those of this process, and with `editing` those of all."""

    def __init__(self, card_id: str, editing: Callable[[str], AbstractAsyncContextManager[None]] | None) -> None:
        self._card_id, self._editing = card_id, editing
        self._own = asyncio.Lock()
        self._held = AsyncExitStack()

    def locked(self) -> bool:
        """Whether this process edits the card now."""
        return self._own.locked()

    async def __aenter__(self) -> None:
        async with AsyncExitStack() as entered:
            await entered.enter_async_context(self._own)
            if self._editing is not None:
                await entered.enter_async_context(self._editing(self._card_id))
            self._held = entered.pop_all()

    async def __aexit__(self, *error: object) -> None:
        await self._held.aclose()


class CardMemory:
    """A cache: without it a card is drawn once more than needed."""

    def __init__(self, owner: CardOwner) -> None:
        """`owner`: whose edits elsewhere have to be kept apart, too."""
        self._owner = owner
        self._locks: weakref.WeakValueDictionary[str, CardLock] = weakref.WeakValueDictionary()
        self._shown: Recent[str, Shown] = Recent(SHOWN_CARDS_KEPT)
        self._posted: Recent[str, tuple[int, float]] = Recent(SHOWN_CARDS_KEPT)
        """By job id, the message with its result, and since when (Unix seconds): the row may lag."""

    def lock(self, card_id: str) -> CardLock:
        """Return the lock for all edits of the card; kept while held or awaited."""
        lock = self._locks.get(card_id)
        if lock is None:
            editing = None if self._owner.is_sole else self._owner.editing
            lock = self._locks[card_id] = CardLock(card_id, editing)
        return lock

    def shown(self, card_id: str) -> Shown | None:
        """Return what the card says, None if unknown."""
        return self._shown.get(card_id)

    def is_final(self, card_id: str, jobs: Sequence[Job]) -> bool:
        """Whether the card's last edit posted its last result: nothing is left to draw."""
        shown, states = self._shown.get(card_id), {job.id: job.state for job in jobs}
        return shown is not None and shown.states == states and all(map(_has_ended, jobs))

    def note_shown(self, card_id: str, shown: Shown) -> None:
        """Remember what the card says, for the last `SHOWN_CARDS_KEPT` cards."""
        self._shown[card_id] = shown

    def forget_shown(self, card_id: str) -> None:
        """Force the next refresh to edit the card."""
        self._shown.pop(card_id, None)

    def note_posted(self, jobs: Sequence[Job], message_id: int, at: float) -> None:
        """Remember the message of these results, for the last `SHOWN_CARDS_KEPT` jobs."""
        for job in jobs:
            self._posted[job.id] = (message_id, at)

    def posted(self, job: Job) -> int | None:
        """Return the message with the job's result, None if there is none."""
        found = self._posted.get(job.id)
        return None if found is None else found[0]

    def as_posted(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs as on Discord: delivered once posted, whatever the row says."""
        return [self._as_posted(job) for job in jobs]

    def _as_posted(self, job: Job) -> Job:
        if job.state is not JobState.READY or job.id not in self._posted:
            return job
        message_id, at = self._posted[job.id]
        return replace(job, state=JobState.DELIVERED, delivered_at=at, message_id=message_id, error=None)


def _has_ended(job: Job) -> bool:
    return job.state.ended


class CardOwner(Protocol):
    """Which cards this process draws."""

    is_sole: bool
    """Whether it draws all of them."""

    def draws_free(self) -> bool:
        """Whether it draws the cards of which no job is followed."""
        ...

    def is_here(self, jobs: Sequence[Job], *, if_free: bool) -> bool:
        """Whether it draws the card of these jobs; `if_free`: if none is followed."""
        ...

    def editing(self, card_id: str) -> AbstractAsyncContextManager[None]:
        """Keep others from editing the card; not needed if this one draws all of them."""
        ...

    def draw_elsewhere(self, guild_id: int, card_id: str, at_once: bool) -> None:
        """Have the card's owner draw it, at once or some seconds later."""
        ...


class EveryCard:
    """The only process draws every card."""

    is_sole = True

    def draws_free(self) -> bool:
        return True

    def is_here(self, jobs: Sequence[Job], *, if_free: bool) -> bool:  # noqa: ARG002 - there is no other owner
        return True

    def editing(self, card_id: str) -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - none else edits it
        return nullcontext()

    def draw_elsewhere(self, guild_id: int, card_id: str, at_once: bool) -> None:
        """Do nothing: `is_here` is always True."""
