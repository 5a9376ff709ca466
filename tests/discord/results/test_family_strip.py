"""The line of a result in *Details*: pictures in order, what each was and cost, a way back, by rights."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.delivery.channels.facts import COMPONENTS_PER_MESSAGE, TEXT_DISPLAYS_CHARS
from bot.domain.models import Job
from cogs.results import texts
from cogs.results.family import SHOWN_MAX
from tests.support.channels import press
from tests.support.jobs import on_job
from tests.support.reacting import event
from tests.support.results import card_of
from tests.support.rig import Rig
from tests.support.surface import DETAILS, agreed, icon, newest, panel_text

FOX = "a fox in fog #fast"


def components(message: Any) -> list[dict[str, Any]]:
    """Return all components of a panel, those inside others too."""
    found: list[dict[str, Any]] = []
    pending = [row if isinstance(row, dict) else row.to_dict() for row in message.components]
    while pending:
        each = pending.pop(0)
        found.append(each)
        pending += [*each.get("components", ()), *([each["accessory"]] if "accessory" in each else [])]
    return found


def strip(message: Any) -> list[str]:
    """Return the links of the last gallery."""
    galleries = [each for each in components(message) if each["type"] == discord.ComponentType.media_gallery.value]
    return [each["media"]["url"] for each in galleries[-1]["items"]] if galleries else []


def told(message: Any) -> str:
    return panel_text(message).partition("**Family**")[2]


def back(message: Any) -> list[dict[str, Any]]:
    found = [each for each in components(message) if each.get("placeholder") == str(texts.BACK_TO_ONE)]
    return found[0]["options"] if found else []


async def made(rig: Rig, prompt: str = FOX, **options: Any) -> Job:
    await rig.member.slash(rig.channel, "image generate", prompt=prompt, **options)
    await rig.work()
    return await newest(rig)


async def reacted(rig: Rig, job: Job, emoji: str) -> Job:
    await event(rig, card_of(rig, job), emoji, rig.member.id)
    await rig.work()
    return await newest(rig)


async def test_the_line_is_a_gallery_of_pictures_and_films_with_prices_and_ways_back(rig: Rig):
    origin = await made(rig)
    variation = await reacted(rig, origin, "🎲")
    film = await reacted(rig, variation, "🎬")
    opened = await rig.moderator.click(card_of(rig, variation), custom_id=icon(card_of(rig, variation), DETAILS))
    line = [origin, variation, film]
    said = told(opened.response)
    for job in (origin, film):
        assert f"[Back to this one]({card_of(rig, job).jump_url})" in said
    for text in ("**1.** a fox", "**2.** 🎲 Strong variation\n", "**this one**", "**3.** a fox"):
        assert text in said
    assert "Generate Video · 20 credits" in said
    shown = await on_job(rig, rig.moderator, "show", variation.id)
    assert strip(shown.response) == [card_of(rig, job).attachments[0].url for job in line]
    assert [each["value"] for each in back(shown.response)] == [origin.id, film.id]
    there = await rig.moderator.select(shown.response, [film.id], custom_id="c1:jobs_open:line")
    assert "Generate Video" in panel_text(there.response).splitlines()[0]


async def test_a_hidden_source_is_a_gap_and_what_others_made_in_private_is_not_there(rig: Rig):
    secret = await made(rig, private=True)
    shared = await made(rig, "a boat #fast")
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET parent_id = ? WHERE id = ?", (secret.id, shared.id))
    )
    theirs = await on_job(rig, rig.moderator, "show", shared.id)
    assert str(texts.HIDDEN_SOURCE) in told(theirs.response)
    assert secret.id not in str(theirs.response.components)
    mine = await on_job(rig, rig.member, "show", shared.id)
    assert str(texts.HIDDEN_SOURCE) not in told(mine.response)
    assert "**1.** a fox in fog" in told(mine.response)
    origin = await on_job(rig, rig.moderator, "show", secret.id)
    assert shared.id not in str(origin.response)


@pytest.mark.long
async def test_a_long_line_of_long_prompts_fits_a_message_with_all_controls(rig: Rig):
    words = "**fox** _in_ fog " * 60
    job = await made(rig, f"{words} #fast")
    for _ in range(SHOWN_MAX + 2):
        await agreed(rig.member, await press(rig, rig.member, "again", job.id))
        await rig.work()
        job = await newest(rig)
    shown = await on_job(rig, rig.member, "show", job.id)
    assert len(strip(shown.response)) == SHOWN_MAX
    assert len(components(shown.response)) <= COMPONENTS_PER_MESSAGE
    assert len(panel_text(shown.response)) <= TEXT_DISPLAYS_CHARS
