"""The jobs that a member may see. Nothing else looks a job, or its files, up for somebody."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.domain.models import Card, Job, MediaKind
from bot.domain.visibility import CardPlace, Sight, Viewer, may_see, sees
from bot.store import PlacedJob, Store

RELATIVES_MAX = 100
"""The most jobs of a family that are returned."""
ASKED_MAX = 5
"""Of how many places Discord is asked for one family; what stands in others that only it knows is left out."""
FITTING_AMONG = 500
"""Of how many results, the newest, it is asked at most whether they fit."""
LOADED_AT_ONCE = 50


class VisibleJobs:
    """Looks jobs up for a viewer. A job that they may not see is as one that does not exist."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, viewer: Viewer, job_id: str) -> Job | None:
        """Return the server's job with this id, as it was typed or is on a control, if the viewer may see it."""
        placed = await self._store.job_lists.placed(viewer.guild_id, job_id.strip().upper())
        return placed.job if placed is not None and await sees(viewer, placed.place) else None

    async def sees_card(self, viewer: Viewer, card: Card) -> bool:
        """Whether the viewer may see the card, and all that is on it."""
        place = CardPlace(author_id=card.author_id, private=card.private, place_id=card.place_id)
        return card.guild_id == viewer.guild_id and await sees(viewer, place)

    async def in_message(self, viewer: Viewer, message_id: int) -> list[Job]:
        """Return the jobs whose results are in that message, in order, those that the viewer may see."""
        found = await self._store.job_lists.in_message(viewer.guild_id, message_id)
        return [each.job for each in found if await sees(viewer, each.place)]

    async def results(
        self,
        viewer: Viewer,
        *,
        kinds: Collection[MediaKind],
        typed: str = "",
        only: Callable[[Job], object] | None = None,
        limit: int = 25,
    ) -> list[Job]:
        """Return results with a medium of `kinds` for a list of choices, newest first, at most `limit`.

        `typed` is part of an id or of a prompt; `only` says which of them fit. Discord is not asked: what only it knows
        is left out. A blocked member is offered nothing.
        """
        if await self._store.blocks.active(viewer.guild_id, viewer.member_id) is not None:
            return []
        found = await self._store.job_lists.results(viewer.guild_id, kinds=kinds, typed=typed)
        sights = {place_id: viewer.sight(place_id) for place_id in {each.place.place_id for each in found}}
        left = [each.job_id for each in found if may_see(viewer, each.place, sights[each.place.place_id])]
        fitting: list[Job] = []
        for start in range(0, min(len(left), FITTING_AMONG), LOADED_AT_ONCE):
            jobs = await self._store.job_lists.found(viewer.guild_id, left[start : start + LOADED_AT_ONCE])
            fitting += [job for job in jobs if only is None or only(job)]
            if len(fitting) >= limit:
                break
        return fitting[:limit]

    async def family(self, viewer: Viewer, job_id: str) -> list[Job]:
        """Return a job with its ancestors and descendants, as far as the viewer may see them without a gap.

        Oldest first, so that none precedes what it was made from; [] if the viewer may not see the job itself.
        """
        family = _Family(viewer)
        for each in await self._store.lineage.of(viewer.guild_id, job_id):
            if not await family.add(each):
                break
        newest = list(family.jobs)
        while newest and len(family.jobs) < RELATIVES_MAX:
            children = await self._store.lineage.made_from(viewer.guild_id, newest, limit=RELATIVES_MAX)
            newest = [each.job.id for each in children if await family.add(each)]
        return sorted(family.jobs.values(), key=lambda job: (job.created_at, job.position))


class _Family:
    """The jobs of a family that were found so far."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._asked: dict[int, Sight] = {}
        self.jobs: dict[str, Job] = {}

    async def add(self, found: PlacedJob) -> bool:
        """Whether the job is a new one that the viewer may see; then it is one of the family."""
        if found.job.id in self.jobs or len(self.jobs) >= RELATIVES_MAX:
            return False
        if not may_see(self._viewer, found.place, await self._sight(found.place.place_id)):
            return False
        self.jobs[found.job.id] = found.job
        return True

    async def _sight(self, place_id: int) -> Sight:
        sight = self._asked.get(place_id) or self._viewer.sight(place_id)
        if sight is Sight.UNSURE and len(self._asked) < ASKED_MAX:
            sight = self._asked[place_id] = await self._viewer.ask(place_id)
        return sight
