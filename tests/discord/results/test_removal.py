"""Removal of results, with their copies and their records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.member_settings import Notify
from bot.generation.texts import ERASED
from cogs.results import texts
from cogs.ui.controls import Control
from tests.support.results import block, picture
from tests.support.rig import Rig
from tests.support.surface import (
    REMOVE,
    icon,
    labels,
    newest,
    private_messages,
    private_sentence,
    settled_exactly,
)


async def test_removing_with_the_record_leaves_ids_and_credits_only(rig: Rig):
    message, job = await picture(rig)
    asked = await rig.member.click(message, custom_id=icon(message, REMOVE))
    assert labels(asked.response) == ["Remove the result", "Remove the record too"]
    ledger = await rig.bot.parts.store.ledger.rows(rig.guild.id)
    await rig.member.click(asked.response, label="Remove the record too")
    assert rig.messages() == []
    left = await newest(rig)
    assert (left.id, left.cost, left.held, left.state) == (job.id, job.cost, job.held, JobState.DELIVERED)
    assert (dict(left.input), dict(left.output), left.media) == ({}, {}, ())
    assert await rig.bot.parts.store.ledger.rows(rig.guild.id) == ledger
    await settled_exactly(rig)


async def test_every_copy_goes_with_the_result(rig: Rig):
    message, job = await picture(rig)
    store = rig.bot.parts.store
    gallery = rig.guild.create_text_channel("gallery")
    places: list[Any] = [rig.bot.get_channel(gallery.id), await rig.bot.fetch_user(rig.moderator.id)]
    with rig.env.time_context():
        for kind, place in zip(("gallery", "dm"), places, strict=True):
            copy = await place.send("a copy")
            await store.copies.note(rig.guild.id, job.id, channel_id=copy.channel.id, message_id=copy.id, kind=kind)
    assert private_messages(rig, rig.moderator)
    asked = await rig.member.click(message, custom_id=icon(message, REMOVE))
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []
    assert gallery.history() == []
    assert private_messages(rig, rig.moderator) == []
    assert await store.copies.of_card(rig.guild.id, job.card_id) == []


async def test_the_ping_and_the_place_that_the_card_has_left_go_too(rig: Rig):
    await rig.bot.parts.own_settings.set_notify(rig.guild.id, rig.member.id, Notify.PING)
    message, _ = await picture(rig)
    assert len(rig.messages()) == 2
    asked = await rig.member.click(message, custom_id=icon(message, REMOVE))
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []


async def test_what_could_not_be_taken_down_is_reported_and_found_again(rig: Rig):
    message, _ = await picture(rig)
    asked = await rig.member.click(message, custom_id=icon(message, REMOVE))
    path = f"/channels/{rig.channel.id}/messages/{message.id}"
    rig.env.inject_error("DELETE", path, status=403, code=50013, message="Missing", times=1)
    rig.advance(16 * 60)  # past the interaction's token, so that the bot's own right counts
    first = await rig.member.click(asked.response, label="Remove the result")
    assert first.response.content.startswith("I couldn't remove 1 message.")
    assert [m.id for m in rig.messages()] == [message.id]
    second = await rig.member.click(asked.response, label="Remove the result")
    assert "is removed" in second.response.content
    assert rig.messages() == []


async def test_what_is_still_being_made_is_not_removed(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    message, _ = await picture(rig, count=2)
    store = rig.bot.parts.store
    real = store.cards.with_jobs

    async def one_open(guild_id: int, card_id: str) -> Any:
        card, jobs = await real(guild_id, card_id)
        return card, (replace(jobs[0], state=JobState.QUEUED), *jobs[1:])

    monkeypatch.setattr(store.cards, "with_jobs", one_open)
    assert private_sentence(await rig.member.click(message, custom_id=icon(message, REMOVE))) == str(texts.STILL_OPEN)
    assert len(rig.messages()) == 1


async def test_a_blocked_author_may_still_remove_what_is_theirs(rig: Rig):
    message, _ = await picture(rig)
    await block(rig, rig.member)
    asked = await rig.member.click(message, custom_id=icon(message, REMOVE))
    await rig.member.click(asked.response, label="Remove the result")
    assert rig.messages() == []


async def test_a_moderators_removal_is_recorded_and_an_authors_is_not(rig: Rig):
    for member, expected in ((rig.member, 0), (rig.moderator, 1)):
        message, _ = await picture(rig)
        asked = await member.click(message, custom_id=icon(message, REMOVE))
        await member.click(asked.response, label="Remove the result")
        decisions = [d for d in await rig.bot.parts.store.decisions.all(rig.guild.id) if d.kind == "removal"]
        assert len(decisions) == expected


@pytest.mark.parametrize("action", ["again"])
async def test_an_erased_result_cannot_be_made_again(rig: Rig, action: str):
    from cogs.ui.controls import view_of

    _, job = await picture(rig)
    await rig.bot.parts.store.cards.erase(rig.guild.id, job.card_id)
    channel: Any = rig.bot.get_channel(rig.channel.id)
    with rig.env.time_context():
        old = await channel.send("old", view=view_of([Control.button(action, job.id, label="Press")]))
    assert private_sentence(await rig.member.click(old, label="Press")) == str(ERASED)
