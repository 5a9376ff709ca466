"""What this process remembers of cards: a lock for each that is in use, and how each was last drawn."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import discord

from bot.domain.models import Job, JobState

SHOWN_CARDS_KEPT = 2048


class CardMemory:
    """Holds nothing that a restart may not lose: without it a card is drawn once more than needed."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._shown: dict[str, str] = {}
        self._states: dict[str, dict[str, JobState]] = {}
        """The states of the jobs as each card shows them, by the card's id and the job's."""
        self._posted: dict[str, tuple[int, float]] = {}
        """By a job's id the message that has its result, and since when (Unix seconds): its row may not say so yet."""

    def lock(self, card_id: str) -> asyncio.Lock:
        """Return the card's lock, for everything that edits its message; kept while it is held or awaited."""
        lock = self._locks.get(card_id)
        if lock is None:
            lock = self._locks[card_id] = asyncio.Lock()
        return lock

    def is_shown(self, card_id: str, embed: discord.Embed, jobs: Sequence[Job]) -> bool:
        """Whether the card was last drawn exactly like this: then it need not be edited."""
        return self._shown.get(card_id) == _drawn(embed, jobs)

    def is_final(self, card_id: str, jobs: Sequence[Job]) -> bool:
        """Whether the card was drawn last by the edit that posted its last result: then nothing is left to draw."""
        states = {job.id: job.state for job in jobs}
        return card_id in self._shown and self._states.get(card_id) == states and all(map(_has_ended, jobs))

    def note_shown(self, card_id: str, embed: discord.Embed, jobs: Sequence[Job]) -> None:
        """Remember how the card of `jobs` is drawn now; kept for the last `SHOWN_CARDS_KEPT` cards."""
        self._shown[card_id] = _drawn(embed, jobs)
        self._states[card_id] = {job.id: job.state for job in jobs}
        for kept in (self._shown, self._states):
            while len(kept) > SHOWN_CARDS_KEPT:
                del kept[next(iter(kept))]

    def told(self, card_id: str) -> Mapping[str, JobState]:
        """Return the states of the jobs that the card shows, as far as this process has drawn it."""
        return self._states.get(card_id, {})

    def forget_shown(self, card_id: str) -> None:
        """Make the next refresh edit the card, even if it looks the same."""
        self._shown.pop(card_id, None)

    # ------------------------------------------------------------------ results that came with another's

    def note_posted(self, jobs: Sequence[Job], message_id: int, at: float) -> None:
        """Remember that a message has the results of these jobs; kept for the last `SHOWN_CARDS_KEPT` jobs."""
        for job in jobs:
            self._posted[job.id] = (message_id, at)
        while len(self._posted) > SHOWN_CARDS_KEPT:
            self._posted.pop(next(iter(self._posted)))

    def posted(self, job: Job) -> int | None:
        """Return the message that has the job's result already, None if there is none."""
        found = self._posted.get(job.id)
        return None if found is None else found[0]

    def as_posted(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs as they are on Discord: delivered, once a message has the result, whatever the row says."""
        return [self._as_posted(job) for job in jobs]

    def _as_posted(self, job: Job) -> Job:
        if job.state is not JobState.READY or job.id not in self._posted:
            return job
        message_id, at = self._posted[job.id]
        return replace(job, state=JobState.DELIVERED, delivered_at=at, message_id=message_id, error=None)


def _drawn(embed: discord.Embed, jobs: Sequence[Job]) -> str:
    return f"{all(map(_has_ended, jobs))} {embed.to_dict()!r}"


def _has_ended(job: Job) -> bool:
    return job.state.ended


class CardOwner:
    """Says whether it is this one: the one that follows the card's jobs. `leads` says who draws what nobody follows."""

    def __init__(self, leads: Callable[[], bool], *, is_shared: bool) -> None:
        self.leads = leads
        self.is_shared = is_shared
        """Whether there may be other processes: else every card is this one's."""
        self.lease: Callable[[], str | None] = lambda: None
        """Returns the lease of this process's worker."""

    def is_here(self, jobs: Sequence[Job], *, if_nobodys: bool) -> bool:
        """Whether this process draws the card of these jobs; `if_nobodys`: where no process follows any of them."""
        if not self.is_shared:
            return True
        leases = {job.lease for job in jobs if job.lease is not None}
        return self.lease() in leases if leases else if_nobodys
