"""What the cogs give to the cards is there before the first card is drawn, and again after each restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.settings_pages import seed_emojis, set_review
from tests.support.surface import DETAILS, REMOVE, settled_exactly, until

GENERATE = "image generate"


def labels_on(message: discord.Message) -> list[str | None]:
    return [item.label or str(item.emoji) for row in message.components for item in getattr(row, "children", ())]


def own(rig: Rig, channel: Any) -> list[discord.Message]:
    return [message for message in channel.history() if message.author.id == rig.bot.user.id]


async def test_a_result_that_comes_after_a_restart_has_its_controls_and_reactions(rig: Rig):
    await seed_emojis(rig, "on")
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron")
    await until(rig, JobState.PROCESSING)
    await rig.restart()
    await rig.work()
    surface: Any = rig.bot.surface
    await surface.seeds.finished()
    await rig.env._settle_internal(dispatch="seeds")
    [card] = rig.messages()
    assert labels_on(card) == ["Vary", "Re-run · 12", "Edit and run", "Next step…", DETAILS, REMOVE]
    assert [str(each.emoji) for each in card.reactions] == ["🔁", "🎲", "🎬", "❌"]


async def test_a_result_that_is_reviewed_after_a_restart_can_be_published(rig: Rig):
    channel = rig.guild.create_text_channel("review")
    await set_review(rig, channel=channel)
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron")
    await until(rig, JobState.READY)
    assert own(rig, channel) == []
    await rig.restart()
    await rig.step()
    await rig.step()
    [question] = own(rig, channel)
    assert labels_on(question) == ["Publish", "Reject…"]
    await rig.moderator.click(question, label="Publish")
    await rig.work()
    [card] = rig.messages()
    assert len(card.attachments) == 1
    await settled_exactly(rig)


async def test_moderators_are_asked_to_approve_after_a_restart_if_they_were_not_before(rig: Rig):
    channel = rig.guild.create_text_channel("approvals")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda rules: replace(rules, approve_above=Decimal(1), approval_channel=channel.id)
    )
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron")
    assert own(rig, channel) == []
    await rig.restart()
    await rig.step()
    await rig.step()
    [question] = own(rig, channel)
    assert labels_on(question) == ["Approve", "Approve + grant 20", "Reject…", "Open card"]
    await rig.moderator.click(question, label="Approve")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED


async def test_the_bot_stops_while_reactions_are_still_being_put_on(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    began, cancelled = asyncio.Event(), asyncio.Event()

    async def never_ends(*_: object) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    monkeypatch.setattr(discord.PartialMessage, "add_reaction", never_ends)
    await seed_emojis(rig, "on")
    await rig.member.slash(rig.channel, GENERATE, prompt="a heron")
    await rig.work()
    await began.wait()
    await rig.bot.close()
    assert cancelled.is_set()
