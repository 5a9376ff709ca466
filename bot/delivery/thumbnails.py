"""Small pictures of results for a list: links to their files on Discord, as far as they are known or quickly found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.delivery.posting_gate import PostingGate
from bot.domain.models import Card, Job, JobState, Media, MediaKind
from bot.jobs.surface import Later, NoPlace
from bot.runtime.clock import Clock
from bot.runtime.timed_memory import TimedMemory

FOUND_WITHIN_S = 2.5
"""How long a list waits for its pictures."""
KEPT_S = 6 * 3600.0
"""How long a link is shown again without asking: Discord's links to files live for a day."""

LinkOnDiscord = Callable[[Job, Media], Awaitable[str | None]]
"""Finds a link to a result's file where it is posted; None if it is not there. Never raises Discord's errors."""


class Thumbnails:
    """Finds the pictures of results that a member may be shown."""

    def __init__(self, find: LinkOnDiscord, *, gate: PostingGate, clock: Clock) -> None:
        self._find = find
        self._gate = gate
        self._known: TimedMemory[str, str] = TimedMemory(clock, KEPT_S)

    async def of(self, member_id: int, shown: Sequence[tuple[Card, Job]]) -> dict[str, str]:
        """Return a link for each of these jobs that has a picture, by the job's id; the member sees all of them.

        Spoilers, what may not be shown in private, and what is not found in time have none.
        """
        searches = {job.id: asyncio.create_task(self._of(member_id, card, job)) for card, job in shown}
        if not searches:
            return {}
        _, late = await asyncio.wait(searches.values(), timeout=FOUND_WITHIN_S)
        for search in late:
            search.cancel()
        links = {key: search.result() for key, search in searches.items() if search not in late}
        return {key: link for key, link in links.items() if link is not None}

    async def _of(self, member_id: int, card: Card, job: Job) -> str | None:
        picture = next((medium for medium in job.media if medium.kind is MediaKind.IMAGE), None)
        if card.spoiler or picture is None or job.state is not JobState.DELIVERED:
            return None
        try:
            await self._gate.require_person(card, [job], member_id=member_id)
        except (NoPlace, Later):
            return None
        known = self._known.get(job.id)
        if known is not None:
            return known
        link = await self._find(job, picture)
        return None if link is None else self._known.put(job.id, link)
