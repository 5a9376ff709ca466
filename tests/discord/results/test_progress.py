"""What a card says of time while its job runs, when it is edited, and what it says when it takes longer."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any

import pytest

from bot.delivery.card.states import state_word
from bot.domain.jobs.poll_schedule import WRONG_S
from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.surface import newest, state_text, until

EIGHT_MINUTES_S = 480
EXPECTED = re.compile(r"<t:(\d+):R>")
ROUND_S = 1.0
"""How late the ticker's round may be."""


class Edits:
    """Every edit of the one card, with the time at which it was made and what the card said then."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.seen: list[tuple[float, str]] = []

    def look(self) -> None:
        [message] = self.rig.messages(viewer=self.rig.member)
        said = state_text(message)
        if not self.seen or self.seen[-1][1] != said:
            self.seen.append((self.rig.clock.elapsed, said))

    async def watch(self, seconds: float) -> None:
        """Let time pass second by second."""
        for _ in range(int(seconds)):
            await self.rig.step()
            await self.rig.tick()
            self.look()
            self.rig.advance(1.0)

    @property
    def words(self) -> str:
        return "\n".join(said for _, said in self.seen)


def calls(rig: Rig) -> list[Any]:
    return [call for call in rig.env.http_requests if call.method == "PATCH"]


def expected_at(said: str) -> float | None:
    """Return when the card says that the result comes, in Unix seconds; None if it tells no time."""
    found = EXPECTED.search(said)
    return None if found is None else float(found[1])


async def learned(rig: Rig, seconds: float, count: int = 30) -> None:
    """Let the bot know that films took as long as that."""
    known = rig.bot.parts.delivery.cards.drawing.learned._by_kind
    films = [("video.generate", "", "")]
    for _ in range(count):
        known.note_running(films, "video", since_s=0.0, age_s=seconds)
        known.note_done(films, "video", since_s=seconds, age_s=seconds)


async def film(rig: Rig, **options: Any) -> None:
    await ask_for_film(rig, **options)
    await until(rig, JobState.PROCESSING)


async def ask_for_film(rig: Rig, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "video generate", prompt="a long film #forever", **options)


@pytest.mark.long
async def test_a_time_on_the_card_of_a_film_is_never_wrong_by_more_than_ten_seconds_and_its_bar_only_grows(rig: Rig):
    await learned(rig, 300)
    await ask_for_film(rig)
    edits, calls_before = Edits(rig), len(calls(rig))
    for _ in range(EIGHT_MINUTES_S):
        await edits.watch(1)
        at = expected_at(edits.seen[-1][1])
        assert at is None or rig.clock.wall() <= at + WRONG_S + ROUND_S + 1, edits.seen[-1]
    at = [when for when, _ in edits.seen]
    assert all(later - earlier >= 10 for earlier, later in itertools.pairwise(at)), at
    assert 10 <= len(at) <= 14, at
    assert len(calls(rig)) - calls_before == len(at) - 1
    first = expected_at(edits.seen[0][1])
    assert all(expected_at(said) == first for _, said in edits.seen if "longer" not in said), "its time is never moved"
    first_late = next(when for when, said in edits.seen if "taking longer than usual" in said)
    assert 240 <= first_late <= 420, "three hundred seconds are usual"
    assert "taking longer than usual" in edits.seen[-1][1]
    bars = [re.search("▰*▱+", said)[0].count("▰") for _, said in edits.seen]
    assert bars == sorted(bars)
    assert set(bars) == set(range(10))
    rig.sandbox.finish((await newest(rig)).remote_id)
    await rig.work()
    [message] = [each for each in rig.messages() if each.embeds]
    assert "took 8 min" in state_text(message)
    assert len(message.attachments) == 1


async def test_a_short_job_says_its_time_once_and_is_corrected_when_that_is_wrong_by_ten_seconds(rig: Rig):
    result = await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever")
    promised = expected_at(state_text(result.response))
    assert promised is not None
    edits, before = Edits(rig), len(calls(rig))
    await edits.watch(promised + WRONG_S - 1 - rig.clock.wall())
    assert [said for _, said in edits.seen] == [state_text(result.response)]
    assert "a first guess: <t:" in edits.words
    assert "▱" not in edits.words
    assert len(calls(rig)) == before
    await edits.watch(4)
    [_, (_, said)] = edits.seen
    assert "taking longer than usual" in said
    again = expected_at(said)
    assert again is None or again > rig.clock.wall() - 4
    assert len(calls(rig)) == before + 1


async def test_a_card_whose_job_was_sent_late_says_the_later_time(rig: Rig):
    """What it said counted from the answer; the worker was held up by half a minute."""
    await learned(rig, 20)
    result = await ask_for_film(rig)
    promised = expected_at(state_text(result.response))
    rig.advance(30.0)
    await until(rig, JobState.PROCESSING)
    moved = expected_at(state_text(result.response))
    assert moved is not None
    assert promised is not None
    assert moved >= promised + 30


@pytest.mark.parametrize("private", [False, True])
async def test_nothing_is_edited_that_nobody_can_see(rig: Rig, private: bool):
    await learned(rig, 3000)
    await film(rig, private=private)
    [message] = rig.messages(viewer=rig.member)
    if private:
        await Edits(rig).watch(20)
        for _ in range(100):  # past the fifteen minutes of its token
            await rig.step()
            await rig.tick()
            rig.advance(10.0)
        [message] = rig.messages(viewer=rig.member)
        assert state_text(message).startswith(state_word(JobState.PROCESSING))
        assert expected_at(state_text(message)) is None, "the last edit tells no time, for nobody will correct it"
    else:
        rig.env.backend.delete_message(message.channel.id, message.id)
        for _ in range(15):  # until what it says has changed
            rig.advance(30)
            await rig.tick()
    before = len(calls(rig))
    for _ in range(10):
        rig.advance(30)
        await rig.tick()
    assert len(calls(rig)) == before
    assert rig.bot.parts.delivery.ticker.watched == 0


async def test_after_a_restart_a_card_that_is_still_right_is_not_edited_and_then_corrected(rig: Rig):
    """The new process, or the worker of a fleet, has not drawn it and does not know what it says."""
    result = await rig.member.slash(rig.channel, "image generate", prompt="a fox #forever")
    promised = expected_at(state_text(result.response))
    assert promised is not None
    await until(rig, JobState.PROCESSING)
    await rig.restart(after_s=1.0)
    before, edits = len(calls(rig)), Edits(rig)
    await edits.watch(promised + WRONG_S - 1 - rig.clock.wall())
    assert len(calls(rig)) == before
    assert rig.bot.parts.delivery.ticker.watched == 1
    await edits.watch(4)
    assert "taking longer than usual" in edits.seen[-1][1]
    assert len(calls(rig)) == before + 1


async def test_a_card_that_is_being_edited_holds_up_no_other(rig: Rig):
    await learned(rig, 300)
    await film(rig)
    await rig.moderator.slash(rig.channel, "video generate", prompt="another film #forever")
    await until(rig, JobState.PROCESSING)
    used, other = sorted(await rig.jobs(), key=lambda job: job.created_at)
    rig.advance(60)
    before = {message.id: state_text(message) for message in rig.messages()}
    async with rig.bot.parts.delivery.cards.memory.lock(used.card_id):
        assert await asyncio.wait_for(rig.tick(), 60) == 2
    after = {message.id: state_text(message) for message in rig.messages()}
    cards = {job.id: await rig.bot.parts.store.cards.get(rig.guild.id, job.card_id) for job in (used, other)}
    assert after[cards[used.id].message_id] == before[cards[used.id].message_id]
    assert after[cards[other.id].message_id] != before[cards[other.id].message_id]
    rig.advance(11)
    await rig.tick()
    [now] = [state_text(message) for message in rig.messages() if message.id == cards[used.id].message_id]
    assert now != before[cards[used.id].message_id]
