"""The tour: what it names is there, *Try it* really does each step, and what was done is seen."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.language import speaking
from sandbox.demo import texts
from sandbox.demo.demo import Demo
from sandbox.demo.furniture.server import STUDIO
from sandbox.demo.simulation import ResponseMessage
from sandbox.demo.tour.steps import STEPS, Hands

HANGS_S = 60.0


def messages(demo: Demo) -> list[ResponseMessage]:
    """The messages of the first channel, oldest first."""
    stored = demo.env.backend.messages[demo.preview.channel.id]
    return [ResponseMessage(demo.env, stored[number]) for number in sorted(stored)]


def tour_cards(demo: Demo) -> list[ResponseMessage]:
    return [each for each in messages(demo) if any("tour:" in name for name in str(each.components).split("'"))]


def title(card: ResponseMessage) -> str:
    return str(card.embeds[0].title)


def heading(number: int) -> str:
    """The title of a step, from 0; after the last one that of the end."""
    if number == len(STEPS):
        return str(texts.DONE)
    step = STEPS[number]
    return texts.TITLE(number=number + 1, count=len(STEPS), heading=f"{step.emoji} {step.heading}")


async def reached(demo: Demo, number: int) -> ResponseMessage:
    """Wait until the tour is at a step by itself; return its card, the only one, which is the newest message."""
    try:
        async with asyncio.timeout(HANGS_S):
            while title(tour_cards(demo)[-1]) != heading(number):  # noqa: ASYNC110 - it announces nothing
                await asyncio.sleep(0.05)
    except TimeoutError:
        card = tour_cards(demo)[-1]
        jobs = await demo.bot.parts.store.job_lists.recent(demo.preview.channel.guild.id, limit=8)
        states = [(job.operation, job.state.value, job.author_id, job.error) for job in jobs]
        pytest.fail(f"{title(card)} instead of {heading(number)}: {states}, {card.components}, {demo.env.errors}")
    async with demo.turn:
        (card,) = tour_cards(demo)
        return card


async def press(demo: Demo, who: Any, name: str) -> Any:
    async with demo.turn:
        return await who.click(tour_cards(demo)[-1], custom_id=name)


async def test_the_tour_names_only_commands_channels_and_buttons_that_are_there():
    async with Demo(lived_in=False) as demo:
        moderator, studio = demo.preview.viewers[1], demo.preview.channel
        names = {name: f"<{name}>" for name in studio.guild.channels}
        said = " ".join(step.filled(names) for step in STEPS)
        assert set(re.findall(r"`/([a-z0-9 _-]+)`", said)) <= set(moderator.available_commands(studio))
        assert {"<gallery>", "<review>"} <= set(re.findall(r"<[a-z-]+>", said))


@pytest.mark.long
async def test_a_visitor_who_only_presses_try_it_sees_every_step_done():
    async with Demo(speed=40.0) as demo:
        ada = demo.preview.viewers[0]
        for number in range(len(STEPS)):
            card = await reached(demo, number)
            assert bool(card.embeds[0].author.name) is (number > 0)
            await press(demo, ada, f"tour:try:{number}")
        await reached(demo, len(STEPS))
        assert demo.env.errors == []
        guild = demo.preview.channel.guild
        jobs = await demo.bot.parts.store.job_lists.recent(guild.id, limit=40, author_id=ada.id)
        made = {job.operation for job in jobs if job.state is JobState.DELIVERED}
        assert {"image.generate", "image.edit", "video.generate", "soundfx.generate", "subtitles.generate"} <= made
        assert any(job.prompt == str(texts.NIGHT_WORDS) and job.parent_id for job in jobs)


@pytest.mark.long
async def test_a_request_that_is_made_and_approved_within_one_try_is_seen():
    """The one that waited before has been approved by hand: the try makes another."""
    number = next(number for number, step in enumerate(STEPS) if step.heading is texts.MODERATE)
    async with Demo(speed=40.0) as demo:
        ada, tour = demo.preview.viewers[0], demo._tour
        assert tour is not None
        async with demo.turn:
            await Hands(demo.env, demo.bot, tour._made, ada).approval()
            with speaking("en"):
                await tour.show(number)
        await reached(demo, number)
        await press(demo, ada, f"tour:try:{number}")
        card = await reached(demo, number + 1)
        with speaking("en"):
            assert card.embeds[0].author.name == str(texts.MODERATED)


@pytest.mark.long
async def test_the_tour_sees_what_the_visitor_does_by_hand_and_nothing_else():
    async with Demo(speed=40.0, language="ja") as demo:
        ada, studio = demo.preview.viewers[0], demo.preview.channel
        with speaking("ja"):
            await reached(demo, 0)
            async with demo.turn:
                await ada.slash(studio, "me")
                await ada.slash(studio, "image generate", prompt="a lamp #fail")
            async with asyncio.timeout(HANGS_S):
                while await demo.bot.parts.store.job_lists.open_total() > 1:  # noqa: ASYNC110 - Bo's waits
                    await asyncio.sleep(0.05)
            async with demo.turn:
                await ada.slash(studio, "image generate", prompt="a fox")
            card = await reached(demo, 1)
            assert card.embeds[0].author.name == str(texts.SEEN)
            await press(demo, ada, "tour:2")
            await reached(demo, 2)
            await press(demo, ada, "tour:1")
            await reached(demo, 1)


@pytest.mark.long
async def test_the_first_screen_shows_four_images_with_their_rows_above_the_tour():
    async with Demo() as demo:
        *_, four, tour = messages(demo)
        assert demo.preview.channel.name == STUDIO
        assert title(tour) == heading(0)
        assert len(four.attachments) == 4
        assert "U4" in str(four.components)
        assert "V4" in str(four.components)
