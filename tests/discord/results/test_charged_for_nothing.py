"""A result whose file is dead or unusable, charged all the same: what its card offers, and the credits back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import discord
import pytest

from bot.delivery.texts import CHARGED_FOR_NOTHING
from bot.domain.models import JobState, credits_words
from bot.language import LANGUAGES, speaking
from cogs.member.texts import COSTS
from cogs.results.texts import ASK_REFUND
from tests.support.channels import rule, shown
from tests.support.rig import Rig
from tests.support.surface import REMOVE, post_log, state_text

GENERATE = "image generate"
ASK = "Request refund"


def labels(message: discord.Message) -> list[str]:
    return [item.label or str(item.emoji) for row in message.components for item in row.children]


def own(rig: Rig, channel: Any) -> list[discord.Message]:
    return [each for each in channel.history() if each.author.id == rig.bot.user.id]


async def unusable(rig: Rig, word: str) -> discord.Message:
    """Make something whose file can't be used; return its card."""
    await rig.member.slash(rig.channel, GENERATE, prompt=f"gold {word}")
    await rig.work()
    [card] = rig.messages()
    return card


@pytest.fixture
async def log(rig: Rig) -> Any:
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    return channel


@pytest.mark.long
@pytest.mark.parametrize("word", ["#gone"])
async def test_the_card_offers_what_can_work_and_tells_moderators_what_they_can_do(rig: Rig, word: str):
    card = await unusable(rig, word)
    [job] = await rig.jobs()
    assert (job.state, job.unusable) == (JobState.HELD, True)
    assert "Post it" not in labels(card)
    assert {ASK, "Edit and run", REMOVE} <= set(labels(card))
    assert "Press **Request refund**" in state_text(card)


@pytest.mark.long
async def test_a_moderator_gives_the_credits_back_once(rig: Rig, log: Any):
    card, store = await unusable(rig, "#gone"), rig.bot.parts.store
    [job] = await rig.jobs()
    assert job.cost
    assert "with the moderators" in shown(await rig.member.click(card, label=ASK))
    assert "refunded or requested already" in shown(await rig.member.click(card, label=ASK))
    await post_log(rig)
    [question] = own(rig, log)
    assert f"requests a refund of {credits_words(job.cost)} for job `{job.id}`" in question.content
    assert f"/{rig.channel.id}/{card.id}" in question.content
    assert "Only moderators" in shown(await rig.member.click(question, label="Refund"))
    await rig.moderator.click(question, label="Refund")
    grants = await store.grants.of_member(rig.guild.id, rig.member.id)
    assert [(grant.left, grant.note) for grant in grants] == [(job.cost, f"Refund of job {job.id}")]
    [answered] = own(rig, log)
    assert answered.content.startswith(question.content)
    assert f"refunded job `{job.id}`" in answered.content
    assert labels(answered) == []
    spent = (await store.ledger.balance(rig.guild.id)).spent
    assert spent == rig.sandbox.spent("cs_test_host_000000000000") == job.cost
    await store.privacy.erase(rig.guild.id, rig.member.id)
    await store.retention.give_up(rig.guild.id)
    await store.retention.clear_out(rig.guild.id, rig.clock.wall())
    with pytest.raises(Exception, match="nothing to refund"):
        await rig.bot.parts.moderation.questions.refund(rig.guild.id, job.id, by_id=rig.moderator.id)


async def test_without_a_channel_of_the_moderators_the_member_is_told_whom_to_ask(rig: Rig):
    card = await unusable(rig, "#gone")
    assert "Tell a moderator directly" in shown(await rig.member.click(card, label=ASK))
    channel = rig.guild.create_text_channel("log")
    await rule(rig, log_channel=channel.id)
    assert "with the moderators" in shown(await rig.member.click(card, label=ASK))


@pytest.mark.long
async def test_nobody_asks_for_the_credits_of_another(rig: Rig, log: Any):
    card = await unusable(rig, "#gone")
    assert "no longer here" in shown(await rig.moderator.click(card, label=ASK))
    assert own(rig, log) == []


async def test_a_failure_that_was_charged_can_be_asked_back_too(rig: Rig, log: Any):
    card = await unusable(rig, "#billed")
    [job] = await rig.jobs()
    assert (job.state, bool(job.cost)) == (JobState.FAILED, True)
    assert "Press **Request refund**" in state_text(card)
    await rig.member.click(card, label=ASK)
    await post_log(rig)
    await rig.moderator.click(own(rig, log)[-1], label="Refund")
    grants = await rig.bot.parts.store.grants.of_member(rig.guild.id, rig.member.id)
    assert sum((grant.left for grant in grants), Decimal(0)) == job.cost


@pytest.mark.long
async def test_a_host_that_is_only_down_leaves_post_it(rig: Rig):
    rig.sandbox.fault("media", "status", times=None, status=500)
    await rig.member.slash(rig.channel, GENERATE, prompt="gold")
    await rig.work(limit_s=5000)
    [card] = rig.messages()
    [job] = await rig.jobs()
    assert (job.state, job.unusable) == (JobState.HELD, False)
    assert "Post it" in labels(card)
    assert ASK not in labels(card)
    assert replace(job, unusable=True).is_charged_for_nothing


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_is_named_as_it_is_labelled_wherever_a_failure_may_be_charged(language: str):
    with speaking(language):
        label = f"**{ASK_REFUND}**"
        assert label in str(CHARGED_FOR_NOTHING)
        assert label in str(COSTS)
