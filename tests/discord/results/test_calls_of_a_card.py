"""How many calls Discord gets for a card: its message is edited when there is something to say, and never asked for.

The bot's own emojis come on one result an hour in each channel, unless a server wants all of them on every result.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest

from bot.delivery.card.drawing import CardDrawing
from bot.domain.models import JobState
from bot.runtime import failpoints
from tests.discord.recipes.test_recipes import run, write
from tests.support.reacting import newest
from tests.support.results import picture
from tests.support.rig import STEP_S, Rig
from tests.support.surface import settled_exactly, state_text

CHAIN = """\
image.generate
prompt: {{prompt}}

image.edit
prompt: darker
image_url: {{1.image_url}}

image.edit
prompt: softer
image_url: {{2.image_url}}

{last}
prompt: {{prompt}}
image_url: {{3.image_url}}"""


class Calls:
    """What was sent to Discord since this was made."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._before = len(rig.env.http_requests)

    @property
    def all(self) -> list[tuple[str, str]]:
        return [(call.method, call.path) for call in self._rig.env.http_requests[self._before :]]

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.all]


@pytest.fixture
async def explained(rig: Rig) -> Rig:
    """A channel that has had its first result, on which the emojis are explained."""
    await picture(rig)
    await rig.bot.surface.seeds.finished()  # type: ignore[attr-defined]  # the surface is the cogs'
    return rig


async def pass_time(rig: Rig) -> float:
    """Let time pass until no job is open, cards of running ones being drawn again; return the seconds."""
    began = rig.clock.elapsed
    while await rig.bot.parts.store.job_lists.open_total():
        await rig.step()
        await rig.tick()
        rig.advance(STEP_S)
    return rig.clock.elapsed - began


@pytest.mark.parametrize("prompt", ["a fox"])
async def test_a_picture_takes_its_answer_and_its_result(explained: Rig, prompt: str):
    calls = Calls(explained)
    await explained.member.slash(explained.channel, "image generate", prompt=prompt)
    await pass_time(explained)
    assert calls.methods == ["POST", "PATCH"]
    assert {job.state for job in await explained.jobs()} == {JobState.DELIVERED}


async def test_a_card_is_drawn_for_its_answer_and_for_its_result(explained: Rig, monkeypatch: pytest.MonkeyPatch):
    drawn: list[set[JobState]] = []
    draw = CardDrawing.draw

    async def noted(self: CardDrawing, card: Any, jobs: Any, *given: Any, **named: Any) -> Any:
        drawn.append({job.state for job in jobs})
        return await draw(self, card, jobs, *given, **named)

    monkeypatch.setattr(CardDrawing, "draw", noted)
    await explained.member.slash(explained.channel, "image generate", prompt="a fox #fast")
    await pass_time(explained)
    assert newest(explained).attachments
    assert drawn == [{JobState.SUBMITTING}, {JobState.DELIVERED}]


@pytest.mark.long
async def test_a_batch_of_twenty_takes_fewer_calls_than_results(explained: Rig):
    calls = Calls(explained)
    prompts = "|".join(f"a fox, number {number}" for number in range(20))
    await explained.member.slash(explained.channel, "batch", operation="image.generate", prompts=prompts)
    took_s = await pass_time(explained)
    jobs = [job for job in await explained.jobs() if job.card_id == (await explained.jobs())[0].card_id]
    assert [job.state for job in jobs] == [JobState.DELIVERED] * 20
    assert {job.message_id for job in jobs} == {newest(explained).id}
    assert len(calls.all) <= 7, calls.all
    links = [button.url for row in newest(explained).components for button in row.children if button.url]
    assert len(newest(explained).attachments) == 10
    assert len(links) == 20 - 9
    assert took_s <= 95, "the place of a result that is gathered with others is free for the next one"


@pytest.mark.long
@pytest.mark.parametrize(("last", "most"), [("image.edit", 5)])
async def test_a_recipe_of_four_steps_takes_its_answer_and_an_edit_a_step(explained: Rig, last: str, most: int):
    """Each result's edit says when the next step is expected; one more edit if that was wrong, as of a first film."""
    await write(explained, CHAIN.format(last=last))
    calls = Calls(explained)
    await run(explained, "film", Prompt="a fox")
    while not newest(explained).attachments:
        await explained.step()
        await explained.tick()
        explained.advance(STEP_S)
    assert re.search(r"^2\. Edit Image: ⚙️ Making it….* <t:\d+:R>", state_text(newest(explained)), re.MULTILINE)
    assert re.search(r"^3\. Edit Image: ⏳ Starts after", state_text(newest(explained)), re.MULTILINE)
    await pass_time(explained)
    assert [job.state for job in await explained.jobs()][:4] == [JobState.DELIVERED] * 4
    modal = 1
    assert len(calls.all) - modal <= most, calls.all


async def test_what_a_process_has_not_seen_itself_it_asks_for_once(explained: Rig):
    await explained.member.slash(explained.channel, "image generate", prompt="a fox", count=2)
    await explained.step()
    await explained.restart()
    calls: Any = Calls(explained)
    await pass_time(explained)
    assert calls.methods.count("GET") <= 1, calls.all
    assert len(newest(explained).attachments) == 2


@pytest.mark.parametrize("prompt", ["a fox"])
async def test_the_result_of_a_card_of_one_job_is_posted_without_asking_what_is_on_it(explained: Rig, prompt: str):
    """Also by a process that has seen nothing, after one that has posted it and did not live to write that down."""
    await explained.member.slash(explained.channel, "image generate", prompt=prompt)
    failpoints.arm(["send.done"])
    with contextlib.suppress(failpoints.Crash):
        await pass_time(explained)
    assert failpoints.disarm() == []
    messages, there = len(explained.messages()), [file.filename for file in newest(explained).attachments]
    await explained.restart(after_s=90)
    author = await explained.bot.fetch_user(explained.member.id)
    explained.bot.parts.delivery.authors.note(explained.guild.id, author)  # so that no one has to ask for that
    calls = Calls(explained)
    await explained.work()
    assert (calls.methods.count("GET"), calls.methods.count("PATCH")) == (0, 1)
    assert len(explained.messages()) == messages
    assert sorted(file.filename for file in newest(explained).attachments) == sorted(there)
    assert len(there) == (1 if prompt == "a fox" else 2)
    await settled_exactly(explained)
