"""The order of the places of a result and of its forms in each."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.posting.places import Places, Posting
from bot.domain.models import Job, JobState
from bot.jobs.surface import NoPlace
from bot.runtime.metrics import Metrics
from tests.unit.delivery.test_attachments import job, results

CARD, CHANNEL, DIRECT = "card", "channel", "direct"


def posting(mine: Job, *others: Job, number: int = 0) -> Posting:
    """Return a posting of the job's result, and of those of others."""
    card: Any = SimpleNamespace(id="c")
    mine = replace(mine, id=f"{mine.id}{number}")
    return Posting(
        card=card,
        jobs=[mine, *others],
        job=mine,
        results=results(mine),
        channel_id=1,
        places=frozenset(),
        also=tuple((other, results(other)) for other in others),
    )


class Tried(Places):
    """Places without Discord: each has an outcome, which is a message, None for no such place, or what it raises."""

    def __init__(self) -> None:
        nobody: Any = None
        super().__init__(
            messages=nobody,
            drawing=nobody,
            metrics=Metrics(),
            memory=nobody,
            ticker=nobody,
            clock=nobody,
        )
        self.outcomes: dict[str, Any] = {}
        self.tried: list[str] = []

    def _of(self, place: str) -> Any:
        self.tried.append(place)
        outcome = self.outcomes.get(place)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _on_card(self, posting: Posting) -> Any:
        return self._of(CARD)

    async def _in_channel(self, posting: Posting) -> Any:
        return self._of(CHANNEL)

    async def _by_direct_message(self, posting: Posting) -> Any:
        return self._of(DIRECT)

    async def order(self, **outcomes: Any) -> list[str]:
        """Return which places are tried in turn when they have these outcomes."""
        self.outcomes, self.tried = outcomes, []
        with contextlib.suppress(NoPlace, TimeoutError):
            await self.post(posting(job(0, files=0)))
        return self.tried


async def test_the_card_comes_first_then_the_channel_then_a_direct_message():
    places = Tried()
    assert await places.order() == [CARD, CHANNEL, DIRECT]
    assert await places.order(channel="message") == [CARD, CHANNEL]


def shape(form: Posting) -> tuple[int, int, int]:
    """Return how many other results, files and links a form has."""
    return len(form.also), len(form.results.files), len(form.results.links)


@pytest.mark.parametrize(
    ("files", "shapes"),
    [
        (3, [(0, 3, 0), (0, 0, 3)]),
        (1, [(0, 1, 0), (0, 0, 1)]),
        (0, [(0, 0, 0)]),
    ],
)
def test_a_result_is_tried_with_its_files_then_as_links(files: int, shapes: list[tuple[int, int, int]]):
    mine, other = job(0, files=files), job(1, files=2)
    assert [shape(form) for form in posting(mine).forms] == shapes
    together, *alone = posting(mine, other).forms
    assert shape(together)[0] == 1
    assert [shape(form) for form in alone] == shapes
    assert {form.jobs[1].state for form in alone} == {JobState.READY}, "it is not posted by this"
