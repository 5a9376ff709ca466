"""What comes with a result: as much as fits one message and one request, and how long a result waits for it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.channels.facts import FILES_PER_MESSAGE, MIB, REQUEST_LIMIT_BYTES
from bot.delivery.files.downloads import ResultFiles
from bot.delivery.posting.ready_with_it import FEW, FEW_APART_S, GATHER_S, MANY_APART_S, ReadyWithIt
from bot.domain.models import Job, JobState, MediaKind, WaitsFor
from bot.jobs.surface import Later, NoPlace
from bot.media.fetcher import LocalFile
from tests.support.rig import ManualClock
from tests.unit.delivery.test_attachments import job

CARD: Any = SimpleNamespace(id="c", message_id=9, channel_id=5, place_id=5)


def files_of(*sizes: int) -> ResultFiles:
    return ResultFiles(
        files=[
            LocalFile(path=Path("unused"), kind=MediaKind.IMAGE, content_type="image/png", size=size, extension=".png")
            for size in sizes
        ]
    )


class Around:
    """The card's other results, by their job's number, and what keeps some from coming."""

    def __init__(self, **results: ResultFiles | Exception) -> None:
        self.clock = ManualClock()
        self.results_of = {name.removeprefix("of_"): found for name, found in results.items()}
        self.loaded: list[str] = []
        self.closed: set[str] = set()
        surroundings: Any = self
        self.others = ReadyWithIt(downloads=surroundings, review=surroundings, gate=surroundings, clock=self.clock)

    async def require(self, *_: Any, **__: Any) -> None:
        """Nothing is withheld for review."""

    async def moved_to(self, _card: Any) -> None:
        """The card is where it was."""

    async def open_places(self, *_: Any, **__: Any) -> frozenset[int]:
        return frozenset({5})

    @contextlib.asynccontextmanager
    async def results(self, other: Job) -> AsyncIterator[ResultFiles]:
        name = str(other.position)
        self.loaded.append(name)
        found = self.results_of[name]
        if isinstance(found, Exception):
            raise found
        yield found
        self.closed.add(name)

    async def come(self, jobs: list[Job], results: ResultFiles) -> list[str]:
        """Return the numbers of those that come with the first."""
        async with self.others.ready(CARD, jobs, jobs[0], results) as also:
            assert self.closed.isdisjoint(str(each.position) for each, _ in also), "their files are needed until then"
            assert all(each.state is JobState.DELIVERED for each, _ in also)
            return [str(each.position) for each, _ in also]


def ready(number: int, **changes: Any) -> Job:
    return replace(job(number, files=0), state=JobState.READY, **changes)


async def test_all_files_together_fit_one_request():
    around = Around(of_1=files_of(10 * MIB), of_2=files_of(REQUEST_LIMIT_BYTES - 15 * MIB), of_3=files_of(1))
    assert await around.come([ready(number) for number in range(4)], files_of(5 * MIB)) == ["1", "2"]


async def test_its_own_files_count_too():
    around = Around(of_1=files_of(10 * MIB))
    assert await around.come([ready(0), ready(1)], files_of(10 * MIB, 10 * MIB)) == []


async def test_all_files_together_fit_one_message():
    around = Around(of_1=files_of(*[1] * 4), of_2=files_of(*[1] * 4), of_3=files_of(1))
    own = files_of(*[1] * (FILES_PER_MESSAGE - 8))
    assert await around.come([ready(number) for number in range(4)], own) == ["1", "2"]
    assert around.loaded == ["1", "2"]


@pytest.mark.parametrize(
    "other",
    [
        ready(1, dropped_by=7),
        ready(1, waits_for=WaitsFor.FILE),
        replace(ready(1), state=JobState.PROCESSING),
        replace(ready(1), state=JobState.DELIVERED),
    ],
    ids=["dropped", "waits", "running", "posted"],
)
async def test_what_is_not_to_be_posted_now_does_not_come(other: Job):
    around = Around(of_1=files_of(1), of_2=files_of(1))
    assert await around.come([ready(0), other, ready(2)], files_of(1)) == ["2"]


@pytest.mark.parametrize("reason", [Later(1.0), NoPlace("no")])
async def test_one_whose_file_does_not_come_keeps_no_other_away(reason: Exception):
    around = Around(of_1=reason, of_2=files_of(1))
    assert await around.come([ready(0), ready(1), ready(2)], files_of(1)) == ["2"]


async def test_steps_come_alone():
    around = Around(of_1=files_of(1))
    assert await around.come([ready(0), ready(1, after_ids=(ready(0).id,))], files_of(1)) == []


@pytest.mark.parametrize(("count", "apart_s"), [(FEW, FEW_APART_S), (FEW + 1, MANY_APART_S)])
async def test_a_result_waits_for_others_and_longer_after_an_edit(count: int, apart_s: float):
    around = Around()
    jobs = [ready(0), *(replace(ready(number), state=JobState.PROCESSING) for number in range(1, count))]
    assert around.others.wait_s(jobs, jobs[0]) == GATHER_S
    around.clock.advance(1.0)
    assert around.others.wait_s(jobs, jobs[0]) == GATHER_S - 1.0
    around.clock.advance(1.0)
    assert around.others.wait_s(jobs, jobs[0]) == 0
    await around.come(jobs, files_of(1))
    assert around.others.wait_s(jobs, jobs[0]) == apart_s
    around.clock.advance(100.0)
    await around.come(jobs, files_of(1))
    around.clock.advance(100.0)
    assert around.others.wait_s(jobs, jobs[0]) == GATHER_S


def test_nothing_is_waited_for_where_nothing_is_made_or_steps_follow():
    others = Around().others
    assert others.wait_s([ready(0), replace(ready(1), state=JobState.FAILED)], ready(0)) == 0
    running = replace(ready(1), state=JobState.PROCESSING, after_ids=(ready(0).id,))
    assert others.wait_s([ready(0), running], ready(0)) == 0
