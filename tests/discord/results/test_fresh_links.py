"""Results too large to upload: links, and fresh ones once they have expired."""

from __future__ import annotations

import json

import discord
import pytest

from bot.domain.models import Job
from tests.support.results import RESULT, card_of
from tests.support.rig import Rig
from tests.support.surface import labels, links, links_on, newest


async def large(rig: Rig) -> tuple[discord.Message, Job]:
    await rig.member.slash(rig.channel, "video generate", prompt="waves #big #fast")
    await rig.work()
    job = await newest(rig)
    return card_of(rig, job), job


@pytest.mark.long
async def test_what_is_too_large_is_a_link_with_a_control_for_a_fresh_one(rig: Rig):
    message, job = await large(rig)
    assert links_on(message) == [job.media[0].url]
    opened = "Open result (127.0.0.1)"
    assert labels(message) == [*RESULT[:-2], "Fresh link", *RESULT[-2:], opened]
    result = await rig.moderator.click(message, label="Fresh link")
    assert result.ephemeral
    assert links(result.response) == [job.media[0].url]


async def test_an_expired_link_is_renewed_privately_and_on_the_card(rig: Rig):
    _, job = await large(rig)
    dead = job.media[0].url
    await change_link(rig, job, f"{rig.sandbox.url}/media/dead.mp4")
    with rig.env.time_context():
        await rig.bot.parts.delivery.cards.renew_links(
            *(await rig.bot.parts.store.cards.with_jobs(rig.guild.id, job.card_id)),
            {dead: f"{rig.sandbox.url}/media/dead.mp4"},
        )
    assert links_on(card_of(rig, job)) == [f"{rig.sandbox.url}/media/dead.mp4"]
    result = await rig.moderator.click(card_of(rig, job), label="Fresh link")
    assert links(result.response) == [dead]
    assert links_on(card_of(rig, job)) == [dead]


async def change_link(rig: Rig, job: Job, link: str) -> None:
    text = json.dumps([{"url": link, "kind": medium.kind, "key": medium.key} for medium in job.media])
    await rig.bot.parts.store._database.write(
        lambda db: db.execute("UPDATE jobs SET media = ? WHERE id = ?", (text, job.id))
    )


@pytest.mark.parametrize(("days", "part"), [(1, "Try again in a minute"), (8, "expired for good")])
async def test_a_link_that_cannot_be_renewed_says_why(rig: Rig, days: int, part: str):
    message, _ = await large(rig)
    rig.sandbox.studio.files._files.clear()
    rig.advance(days * 86400)
    result = await rig.moderator.click(message, label="Fresh link")
    assert part in result.response.content
