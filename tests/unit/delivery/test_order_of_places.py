"""In which order the places of a result are tried, and which comes first after an attempt without an answer."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery.channels.gate import OpenPlaces
from bot.delivery.files.downloads import ResultFiles
from bot.delivery.posting.places import Places, Posting
from bot.jobs.surface import NoPlace
from bot.runtime.metrics import Metrics
from tests.unit.delivery.test_attachments import job

CARD, CHANNEL, DIRECT = "card", "channel", "direct"
SILENT = TimeoutError()


class Tried(Places):
    """Places without Discord: each has an outcome, which is a message, None for no such place, or what it raises."""

    def __init__(self) -> None:
        nobody: Any = None
        super().__init__(messages=nobody, drawing=nobody, metrics=Metrics(), memory=nobody, ticker=nobody, clock=nobody)
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
        card: Any = SimpleNamespace(id="c")
        mine = job(0, files=0)
        places = OpenPlaces(channels=frozenset())
        posting = Posting(card=card, jobs=[mine], job=mine, results=ResultFiles(), channel_id=1, places=places)
        with contextlib.suppress(NoPlace, TimeoutError):
            await self.post(posting)
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
