"""The jobs that a member may see: the only lookup of jobs and files for members."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.domain.models import Card, Job, JobState, MediaKind
from bot.domain.server.places import CardPlace, Sight, Viewer, may_see, sees
from bot.store import PlacedJob, Store
from bot.store.jobs.job_lists import SEARCHED, FoundResult

RELATIVES_MAX = 100
"""Maximum size of a returned family."""
ASKED_MAX = 5
"""Places that Discord is asked about per answer; other results that only it knows are left out."""
SEARCH_LIMITS = (100, SEARCHED)
"""Matches that are checked: few at first, more if the viewer sees too few of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job on a page; if not `seen`, only its id, kind, state and cost may be shown."""

    job: Job
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A job with what it was made from and what was made from it, oldest first."""

    jobs: tuple[Job, ...]
    is_cut: bool
    """Whether the oldest was made from a job that the viewer may not see."""


@dataclass(frozen=True)
class VisibleJobs:
    """Looks up jobs for a viewer. A job they may not see is as one that does not exist."""

    store: Store

    async def get(self, viewer: Viewer, job_id: str) -> Job | None:
        """Return the server's job with this id, as typed or on a control, if the viewer may see it."""
        placed = await self.store.job_lists.placed(viewer.guild_id, job_id.strip().upper())
        return placed.job if placed is not None and await sees(viewer, placed.place) else None

    async def sees_card(self, viewer: Viewer, card: Card) -> bool:
        place = CardPlace(author_id=card.author_id, private=card.private, place_id=card.place_id)
        return card.guild_id == viewer.guild_id and await sees(viewer, place)

    async def in_message(self, viewer: Viewer, message_id: int) -> list[Job]:
        """Return the jobs with results in that message, in order, that the viewer may see."""
        found = await self.store.job_lists.in_message(viewer.guild_id, message_id)
        return [each.job for each in found if await sees(viewer, each.place)]

    async def results(
        self,
        viewer: Viewer,
        *,
        kinds: Collection[MediaKind],
        typed: str = "",
        limit: int = 25,
        near: int | None = None,
    ) -> list[Job]:
        """Return results with a medium of `kinds` for autocomplete, newest first, at most `limit`.

        `typed` is words, all of which are in a result's prompt, id or operation; without any, only the viewer's own
        results are returned and those in the channel `near`. Discord is not asked: what only it knows is left out. A
        blocked member is offered nothing.
        """
        if await self.store.blocks.active(viewer.guild_id, viewer.member_id) is not None:
            return []
        words, seen = typed.split(), list[str]()
        for found_max in SEARCH_LIMITS:
            found = await self.store.job_lists.results(viewer.guild_id, kinds=kinds, words=words, limit=found_max)
            nearby = found if words or near is None else [each for each in found if _is_near(viewer, each.place, near)]
            seen = _seen(viewer, nearby)
            if len(seen) >= limit or len(found) < found_max:
                break
        return await self.store.job_lists.found(viewer.guild_id, seen[:limit])

    async def page(
        self,
        viewer: Viewer,
        *,
        author_id: int | None,
        states: Collection[JobState] | None = None,
        words: Sequence[str] = (),
        limit: int,
        offset: int = 0,
    ) -> list[ListedJob]:
        """Return a page of a member's jobs, or of the server's (None), newest first: those in `states`.

        With `words` only jobs with all of them that the viewer may see. Discord is not asked: what only it knows is not
        seen. The caller has checked that the viewer may list others' jobs.
        """
        if words:
            seen = await self._searched(viewer, words, author_id, states, wanted=offset + limit)
            jobs = await self.store.job_lists.found(viewer.guild_id, seen[offset : offset + limit])
            return [ListedJob(job=job, seen=True) for job in jobs]
        listed = await self.store.job_lists.page(
            viewer.guild_id, author_id=author_id, states=states, limit=limit, offset=offset
        )
        sights = _sights(viewer, [each.place for each in listed])
        return [
            ListedJob(job=each.job, seen=may_see(viewer, each.place, sights[each.place.place_id])) for each in listed
        ]

    async def posted(
        self, viewer: Viewer, *, author_id: int, words: Sequence[str] = (), limit: int, offset: int = 0
    ) -> list[ListedJob]:
        """Return a page of a member's posted results in channels that the viewer sees now, newest first.

        Never private, erased or removed ones, not even to their author. Discord is not asked.
        """
        seen = await self._searched(viewer, words, author_id, None, wanted=offset + limit, posted=True)
        jobs = await self.store.job_lists.found(viewer.guild_id, seen[offset : offset + limit])
        return [ListedJob(job=job, seen=True) for job in jobs]

    async def _searched(
        self,
        viewer: Viewer,
        words: Sequence[str],
        author_id: int | None,
        states: Collection[JobState] | None,
        *,
        wanted: int,
        posted: bool = False,
    ) -> list[str]:
        """Return the ids of up to `wanted` jobs with all words that the viewer may see.

        `posted`: only posted results, in channels that the viewer sees.
        """
        seen: list[str] = []
        for found_max in SEARCH_LIMITS:
            found = await self.store.job_lists.search(
                viewer.guild_id, words, author_id=author_id, states=states, posted=posted, limit=found_max
            )
            seen = _seen(viewer, found, only_there=posted)
            if len(seen) >= wanted or len(found) < found_max:
                break
        return seen

    async def family(self, viewer: Viewer, job_id: str) -> Family:
        """Return a job with its ancestors and descendants that the viewer may see without a gap.

        Empty if the viewer may not see the job itself.
        """
        family, is_cut = _Family(_Judge(viewer)), False
        for each in await self.store.lineage.of(viewer.guild_id, job_id):
            if not await family.add(each):
                is_cut = bool(family.jobs)
                break
        newest = list(family.jobs)
        while newest and len(family.jobs) < RELATIVES_MAX:
            children = await self.store.lineage.made_from(viewer.guild_id, newest, limit=RELATIVES_MAX)
            newest = [each.job.id for each in children if await family.add(each)]
        found = sorted(family.jobs.values(), key=lambda job: (job.created_at, job.position))
        return Family(jobs=tuple(found), is_cut=is_cut)


def _is_near(viewer: Viewer, place: CardPlace, channel_id: int) -> bool:
    return viewer.member_id == place.author_id or place.place_id == channel_id


def _seen(viewer: Viewer, found: Sequence[FoundResult], *, only_there: bool = False) -> list[str]:
    """Return the ids the viewer may see, as far as known in memory; `only_there`: in channels they see now."""
    sights = _sights(viewer, [each.place for each in found])
    return [
        each.job_id
        for each in found
        if may_see(viewer, each.place, sight := sights[each.place.place_id]) and (sight is Sight.SEEN or not only_there)
    ]


def _sights(viewer: Viewer, places: Iterable[CardPlace]) -> dict[int, Sight]:
    """Return how the viewer sees these places' channels, as far as known in memory."""
    return {place_id: viewer.sight(place_id) for place_id in {each.place_id for each in places}}


class _Judge:
    """Judges many places for one viewer. Discord is asked about a few; what else only it knows is hidden."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._asked: dict[int, Sight] = {}

    async def sees(self, place: CardPlace) -> bool:
        if may_see(self._viewer, place, Sight.UNSURE):
            return True
        return not place.private and may_see(self._viewer, place, await self._sight(place.place_id))

    async def _sight(self, place_id: int) -> Sight:
        sight = self._asked.get(place_id) or self._viewer.sight(place_id)
        if sight is Sight.UNSURE and len(self._asked) < ASKED_MAX:
            sight = self._asked[place_id] = await self._viewer.ask(place_id)
        return sight


class _Family:
    """The jobs of a family found so far."""

    def __init__(self, judge: _Judge) -> None:
        self._judge = judge
        self.jobs: dict[str, Job] = {}

    async def add(self, found: PlacedJob) -> bool:
        """Whether the viewer may see this new job; then it is added."""
        if found.job.id in self.jobs or len(self.jobs) >= RELATIVES_MAX or not await self._judge.sees(found.place):
            return False
        self.jobs[found.job.id] = found.job
        return True
