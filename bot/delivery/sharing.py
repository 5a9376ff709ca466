"""Sharing: the results of a private card are posted in a channel for all to see, and the card is public from then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.delivery.poster import Poster
from bot.delivery.posting_gate import PostingGate
from bot.domain.models import Card, Job, JobState
from bot.jobs.surface import Later, NoPlace
from bot.store import Store


class Sharing:
    """Shares results, each card once: the database decides who was first, and the poster posts as after any wait."""

    def __init__(self, *, store: Store, gate: PostingGate, poster: Poster) -> None:
        self._store = store
        self._gate = gate
        self._poster = poster

    async def share(self, card: Card, jobs: Sequence[Job], *, channel_id: int, links: Mapping[str, str]) -> bool:
        """Post the results of the card's `jobs` in a channel; `links` are fresh ones, by those that were delivered.

        Returns False if the card is not private any more, or not at an end. Raises NoPlace or Later: if the results
        may not be posted there, nothing has changed; if Discord does not take them now, they are held, to be posted by
        their author.
        """
        posted = [job for job in jobs if job.state is JobState.DELIVERED]
        await self._gate.require_public(card, posted, channel_id=channel_id)
        held = await self._store.cards.share(card.guild_id, card.id, channel_id=channel_id)
        if held is None:
            return False
        for job in held:
            media = [replace(medium, url=links.get(medium.url, medium.url)) for medium in job.media]
            try:
                await self._poster.post_held(job, media, channel_id=channel_id)
            except (Later, NoPlace):
                await self._let_author_post(held)
                raise
        await self._let_author_post(held)
        return True

    async def _let_author_post(self, jobs: Sequence[Job]) -> None:
        """Have no other life post what has been tried."""
        for job in jobs:
            await self._store.rechecks.postpone(job, None, counts=False)
