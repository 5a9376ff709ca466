"""The order of the places of a result and of its forms in each, also after an attempt without an answer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.channels.gate import OpenPlaces
from bot.delivery.posting.places import UNANSWERED_KEPT, Places, Posting
from bot.domain.models import Job, JobState
from bot.jobs.surface import NoPlace
from bot.runtime.metrics import Metrics
from tests.unit.delivery.test_attachments import job, results

CARD, CHANNEL, DIRECT = "card", "channel", "direct"
SILENT = TimeoutError()


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
        places=OpenPlaces(channels=frozenset()),
        also=tuple((other, results(other)) for other in others),
    )


class Tried(Places):
    """Places without Discord: each has an outcome, which is a message, None for no such place, or what it raises."""

    def __init__(self) -> None:
        nobody: Any = None
        super().__init__(
            messages=nobody,
            drawing=nobody,
            surface=nobody,
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


@pytest.mark.parametrize(
    ("silent", "after"),
    [(CARD, [CARD, CHANNEL, DIRECT]), (CHANNEL, [CHANNEL, DIRECT, CARD]), (DIRECT, [DIRECT, CARD, CHANNEL])],
)
async def test_the_place_of_an_attempt_without_an_answer_comes_first(silent: str, after: list[str]):
    places = Tried()
    await places.order(**{silent: SILENT})
    assert await places.order() == after


@pytest.mark.parametrize("outcome", [{"channel": "message"}, {}], ids=["posted", "nowhere"])
async def test_once_that_is_answered_the_card_comes_first_again(outcome: dict[str, Any]):
    places = Tried()
    await places.order(channel=SILENT)
    await places.order(**outcome)
    assert await places.order() == [CARD, CHANNEL, DIRECT]
    assert places._unanswered == {}


async def test_a_silent_card_forgets_the_place_before():
    places = Tried()
    await places.order(channel=SILENT)
    await places.order(card=SILENT)
    assert places._unanswered == {}, "editing it twice leaves one result"
    assert await places.order() == [CARD, CHANNEL, DIRECT]


async def test_only_the_last_attempts_without_an_answer_are_kept():
    places = Tried()
    places.outcomes = {CHANNEL: SILENT}
    for number in range(UNANSWERED_KEPT + 1):
        with pytest.raises(TimeoutError):
            await places.post(posting(job(0, files=0), number=number))
    assert len(places._unanswered) == UNANSWERED_KEPT


def shape(form: Posting) -> tuple[int, int, int, bool]:
    """Return how many other results, files and links a form has, and whether it is plain text."""
    return len(form.also), len(form.results.files), len(form.results.links), form.is_plain


@pytest.mark.parametrize(
    ("files", "shapes"),
    [
        (3, [(0, 3, 0, False), (0, 1, 2, False), (0, 0, 3, False), (0, 0, 3, True)]),
        (1, [(0, 1, 0, False), (0, 0, 1, False), (0, 0, 1, True)]),
        (0, [(0, 0, 0, False), (0, 0, 0, True)]),
    ],
)
def test_a_result_is_tried_with_fewer_files_then_as_links_then_as_plain_text(
    files: int, shapes: list[tuple[int, int, int, bool]]
):
    mine, other = job(0, files=files), job(1, files=2)
    assert [shape(form) for form in posting(mine).forms] == shapes
    together, *alone = posting(mine, other).forms
    assert shape(together)[0] == 1
    assert [shape(form) for form in alone] == shapes
    assert {form.jobs[1].state for form in alone} == {JobState.READY}, "it is not posted by this"
