from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from decimal import Decimal

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime import failpoints
from bot.runtime.failpoints import BEGIN_NAMES, JOB_NAMES, PRICE_NAMES, Crash
from tests.support.exactness import assert_exact
from tests.support.rig import HOST_KEY, Rig

NEVER_ANSWERED = ("accept.stored",)
"""Where a crash leaves a job of which Discord has heard nothing: it is refunded."""


class Story:
    """Lives of the bot, each of which ends at a failpoint."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._numbers = itertools.count(1)

    async def ask(self) -> None:
        await self.rig.member.slash(self.rig.channel, "image generate", prompt=f"fox {next(self._numbers)} #fast")

    async def die_at(self, point: str, *, restart: bool) -> None:
        """Work, with new jobs if need be, until the process dies at `point`."""
        failpoints.arm([point])
        with contextlib.suppress(Crash):
            if restart:
                await self.rig.restart()
            await self.rig.work()
            await self.ask()
            if point in failpoints._armed and point != "recover.start":
                await self.rig.work()
        if point == "recover.start" and point in failpoints._armed:
            await self._die_in_recovery()
        assert failpoints.disarm() == []

    async def _die_in_recovery(self) -> None:
        """Leave a card behind whose answer is not known, and die while it is looked up."""
        await self.rig.work()
        failpoints.arm(["answer.sent"])
        await self.ask()
        with pytest.raises(Crash, match=r"recover\.start"):
            await self.rig.restart()

    async def end_well(self) -> None:
        await self.rig.restart()
        await self.rig.work()
        await self.assert_exact()

    async def assert_exact(self) -> list[str]:
        rig = self.rig
        files = [attachment.filename for message in rig.messages() for attachment in message.attachments]
        jobs = await assert_exact(rig.bot.parts.store, rig.sandbox, HOST_KEY, rig.guild.id, files)
        assert {job.message_id for job in jobs} - {None} <= {message.id for message in rig.messages()}
        return [job.state for job in jobs]

    async def die_twice(self, first: str, seconds: Sequence[str]) -> None:
        """Die at the first point and then at each of the second ones; after each two all must end well."""
        for second in seconds:
            try:
                await self.die_at(first, restart=False)
                await self.die_at(second, restart=True)
                await self.end_well()
            except BaseException as error:
                error.add_note(f"first crash at {first}, second at {second}")
                raise


@pytest.mark.parametrize("point", JOB_NAMES)
async def test_after_a_crash_at_any_point_a_job_is_delivered_once_or_given_back(rig: Rig, point: str):
    story = Story(rig)
    await story.die_at(point, restart=False)
    await story.end_well()
    states = await story.assert_exact()
    if point == "accept.before":
        assert states == []
    elif point in NEVER_ANSWERED:
        assert states == [JobState.CANCELLED]
    else:
        assert set(states) == {JobState.DELIVERED}


class AtOnce(Story):
    """Lives in which each job is sent without a claim: its first attempt is stored with its card's answer."""

    async def ask(self) -> None:
        await self.rig.send_at_once()
        await super().ask()


@pytest.mark.parametrize("point", [*BEGIN_NAMES, *JOB_NAMES])
async def test_after_a_crash_at_any_point_a_job_that_is_sent_at_once_is_posted_once_or_refunded(rig: Rig, point: str):
    story = AtOnce(rig)
    await story.die_at(point, restart=False)
    assert len(rig.sandbox.requests) == len({request.idempotency_key for request in rig.sandbox.requests})
    await story.end_well()
    states = await story.assert_exact()
    lost = {"accept.before": set(), "accept.stored": {JobState.CANCELLED}}
    assert set(states) == lost.get(point, {JobState.DELIVERED})


class Grids(Story):
    """Lives in which three pictures are requested at once, under a limit, at a price that the first has to find out."""

    async def ask(self) -> None:
        rig, store = self.rig, self.rig.bot.parts.store
        limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(10_000))
        await store.limits.set(rig.guild.id, limit, by_id=1)
        forget = "UPDATE jobs SET price_kind = 'forgotten' WHERE state = 'delivered'"
        await store._database.write(lambda db: db.execute(forget))
        await rig.member.slash(rig.channel, "image generate", prompt=f"fox {next(self._numbers)} #fast", count=3)


@pytest.mark.parametrize("point", [*PRICE_NAMES, *(pytest.param(each, marks=pytest.mark.long) for each in JOB_NAMES)])
async def test_after_a_crash_what_waits_for_a_price_is_made_once_at_that_price(rig: Rig, point: str):
    story = Grids(rig)
    await story.die_at(point, restart=False)
    await story.end_well()
    states = await story.assert_exact()
    if point not in {"accept.before", *NEVER_ANSWERED}:
        assert states == [JobState.DELIVERED] * len(states)
        assert {job.basis for job in await rig.jobs() if job.expected is not None} == {"earlier jobs"}


@pytest.mark.long
@pytest.mark.parametrize("first", PRICE_NAMES)
async def test_after_a_crash_of_a_waiting_grid_and_a_second_one_at_any_point_it_still_holds(rig: Rig, first: str):
    await Grids(rig).die_twice(first, (*PRICE_NAMES, *JOB_NAMES))


FIRST = {"accept.stored", "submit.sent", "download.half", "send.done"}
QUICKLY = [(first, JOB_NAMES[number % 7 :: 7]) for number, first in enumerate(JOB_NAMES) if first in FIRST]
"""The points where most is at stake as the first, each with a seventh of the second ones."""
ALL_PAIRS = [pytest.param(first, JOB_NAMES, marks=pytest.mark.long, id=f"{first}-any") for first in JOB_NAMES]


@pytest.mark.parametrize(
    ("first", "seconds"),
    [
        pytest.param("answer.begun", ("answer.begun", "submit.sent"), id="answer.begun"),
        *(
            pytest.param(first, (*BEGIN_NAMES, *JOB_NAMES), marks=pytest.mark.long, id=f"{first}-any")
            for first in (*BEGIN_NAMES, *JOB_NAMES)
        ),
    ],
)
async def test_after_two_crashes_a_job_that_is_sent_at_once_still_holds(rig: Rig, first: str, seconds: list[str]):
    await AtOnce(rig).die_twice(first, seconds)


@pytest.mark.parametrize(("first", "seconds"), [*(pytest.param(*each, id=each[0]) for each in QUICKLY), *ALL_PAIRS])
async def test_after_a_crash_and_a_second_one_at_any_point_it_still_holds(rig: Rig, first: str, seconds: list[str]):
    await Story(rig).die_twice(first, seconds)
