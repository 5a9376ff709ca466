"""What is behind *Details* and a job of the gallery, and posting a result again: for whom, where, and what it tells."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.delivery.channels.view import links_on
from bot.delivery.texts import NOT_FROM_HIDDEN
from cogs.results import texts
from cogs.ui.texts import GONE
from tests.support.channels import hidden_channel, made_in, press, shown
from tests.support.jobs import ask, on_job
from tests.support.reacting import other
from tests.support.results import block, picture
from tests.support.rig import Rig
from tests.support.surface import (
    DETAILS,
    REMOVE,
    close_private,
    icon,
    newest,
    panel_text,
    private_sentence,
    state_text,
)


async def test_details_tell_every_field_that_was_sent_and_what_the_card_does_not(rig: Rig):
    given = {"prompt": "a **fox** #fast", "aspect_ratio": "16:9", "resolution": "2K", "model": "Seedream 5.0 Lite"}
    await rig.member.slash(rig.channel, "image generate", **given)
    await rig.work()
    [card], job = rig.messages(), await newest(rig)
    opened = await rig.moderator.click(card, custom_id=icon(card, DETAILS))
    assert opened.ephemeral
    told = panel_text(opened.response)
    sent = rig.sandbox.requests[-1].input
    assert set(sent) == set(job.input)
    labels_of = {field.name: field.label for field in rig.bot.catalogue.get(job.operation).fields}
    for name, value in sent.items():
        assert name == "prompt" or f"{labels_of[name].capitalize()}: **{value}**" in told.replace("\\", ""), name
    for text in (
        job.id,
        job.remote_id,
        f"{job.cost.normalize():f} credits",
        "held at first",
        job.output["model"],
        "took ",
    ):
        assert text in told.replace("\\", ""), text
    assert job.id not in str([embed.to_dict() for embed in card.embeds])
    assert job.remote_id not in str([embed.to_dict() for embed in card.embeds])
    assert "> a \\*\\*fox\\*\\*" in told


async def test_details_name_the_host_of_a_link_that_was_sent_and_not_the_link(rig: Rig):
    _, parent = await picture(rig)
    await rig.member.slash(rig.channel, "image edit", from_=parent.id, prompt="at night #fast")
    await rig.work()
    told = panel_text((await on_job(rig, rig.member, "show", (await newest(rig)).id)).response)
    assert "a file from 127.0.0.1" in told
    assert "http://127.0.0.1" not in told


async def test_a_private_jobs_details_are_its_authors_alone(rig: Rig):
    job = await ask(rig, prompt="a fox #fast", private=True)
    await rig.work()
    hidden = await on_job(rig, rig.moderator, "show", job.id)
    assert "a fox" not in shown(hidden)
    assert job.media == () or job.media[0].url not in shown(hidden)
    assert job.id in panel_text((await on_job(rig, rig.member, "show", job.id)).response)


# ---------------------------------------------------------------------- posting again


async def again(rig: Rig, member: Any, channel: Any, job_id: str) -> Any:
    opened = await on_job(rig, member, "show", channel=channel, job_id=job_id)
    return await member.click(opened.response, label=str(texts.POST_AGAIN))


def copies(rig: Rig, channel: Any) -> list[discord.Message]:
    return [message for message in channel.history() if message.author.id == rig.bot.user.id]


@pytest.mark.parametrize("who", ["moderator"])
async def test_a_result_is_posted_again_by_its_id_at_no_cost_and_taken_down_with_it(rig: Rig, who: str):
    card, job = await picture(rig)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    result = await again(rig, getattr(rig, who), elsewhere, job.id)
    [copy] = copies(rig, elsewhere)
    assert result.ephemeral
    assert copy.jump_url in result.response.content
    assert len(copy.attachments) == 1
    assert copy.embeds[0].author.name == rig.member.name
    assert "credits" in state_text(copy)
    assert len(await rig.jobs()) == 1
    asked = await rig.member.click(card, custom_id=icon(card, REMOVE))
    await rig.member.click(asked.response, label=str(texts.REMOVE_RESULT))
    assert copies(rig, elsewhere) == []


async def test_a_result_of_a_hidden_channel_is_not_posted_where_everybody_sees_it(rig: Rig):
    hidden = hidden_channel(rig, rig.member)
    job = await made_in(rig, hidden, rig.member, "a secret fox #fast")
    result = await again(rig, rig.member, rig.channel, job.id)
    assert private_sentence(result) == str(NOT_FROM_HIDDEN)
    assert copies(rig, rig.channel) == []


async def test_who_is_blocked_or_may_not_write_there_posts_nothing_again(rig: Rig):
    _, job = await picture(rig)
    elsewhere = rig.guild.create_text_channel("elsewhere")
    opened = await on_job(rig, rig.member, "show", channel=elsewhere, job_id=job.id)
    await block(rig, rig.member)
    private_sentence(await rig.member.click(opened.response, label=str(texts.POST_AGAIN)))
    assert copies(rig, elsewhere) == []


# ---------------------------------------------------------------------- by direct message


async def test_who_sees_a_result_gets_its_files_by_direct_message_for_free_until_it_is_removed(rig: Rig):
    card, _ = await picture(rig)
    bob = other(rig)
    opened = await bob.click(card, custom_id=icon(card, DETAILS))
    answer = await bob.click(opened.response, label="Send to my DMs")
    assert answer.response.content == "Sent. Check your direct messages."
    [sent] = copies(rig, bob.user.dm_channel)
    assert len(sent.attachments) == 1
    assert len(await rig.jobs()) == 1
    rig.advance(10)
    close_private(rig, bob)
    answer = await bob.click(opened.response, label="Send to my DMs")
    assert private_sentence(answer).startswith("You don't accept direct messages from this server.")
    asked = await rig.member.click(card, custom_id=icon(card, REMOVE))
    await rig.member.click(asked.response, label=str(texts.REMOVE_RESULT))
    assert copies(rig, bob.user.dm_channel) == []


async def test_what_is_too_large_for_a_direct_message_is_a_link_in_it(rig: Rig):
    await rig.member.slash(rig.channel, "video generate", prompt="waves #big #fast")
    await rig.work()
    job = await newest(rig)
    await press(rig, rig.member, "to_dms", job.id)
    [sent] = copies(rig, rig.member.user.dm_channel)
    assert links_on(sent) == [job.media[0].url]


async def test_who_does_not_see_the_channel_is_sent_nothing(rig: Rig):
    job = await made_in(rig, hidden_channel(rig, rig.moderator), rig.moderator, "a secret fox #fast")
    assert private_sentence(await press(rig, rig.member, "to_dms", job.id)) == str(GONE)
    assert rig.member.user.dm_channel is None or copies(rig, rig.member.user.dm_channel) == []
