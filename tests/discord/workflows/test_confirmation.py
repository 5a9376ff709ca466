"""What is expensive: the member's own yes, a moderator's approval, and waiting for a free place."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import discord
import pytest

from bot.delivery.card.context import FAILURE, STOPPED, SUCCESS
from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Period, Rules, Scope
from cogs.ui.texts import APPROVED_FIRST
from tests.support.channels import press
from tests.support.prices import priced
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import REMOVE, icon, labels, parts, private_sentence, state_text


async def rule(rig: Rig, **changes) -> Rules:
    return await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, **changes))


async def states(rig: Rig) -> list[JobState]:
    return [job.state for job in sorted(await rig.jobs(), key=lambda job: job.position)]


# ---------------------------------------------------------------------- one's own yes


async def test_an_expensive_job_is_priced_privately_first_and_made_only_after_a_yes(rig: Rig):
    await priced(rig)
    await rule(rig, confirm_above=Decimal(10))
    asked = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    assert asked.ephemeral
    assert "about **20 credits**" in asked.response.content
    assert await rig.jobs() == []
    assert rig.sandbox.requests == []

    made = await rig.member.click(asked.response, label="Yes, make it")
    assert not made.ephemeral
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED]

    again = await rig.member.click(asked.response, label="Yes, make it")
    assert again.ephemeral
    assert "already used" in again.response.content
    assert len(rig.sandbox.requests) == 1


async def test_a_price_can_be_confirmed_after_a_restart_and_is_checked_again(rig: Rig):
    await priced(rig)
    await rule(rig, confirm_above=Decimal(10))
    asked = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.restart()
    everyone = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(5))
    await rig.bot.parts.store.limits.set(rig.guild.id, everyone, by_id=1)
    refused = await rig.member.click(asked.response, label="Yes, make it")
    assert "of your 5 daily credits left" in refused.response.content
    assert await rig.jobs() == []


# ---------------------------------------------------------------------- a moderator's approval


@pytest.fixture
async def desk(rig: Rig):
    await priced(rig)
    channel = rig.guild.create_text_channel("approvals")
    await rule(rig, approve_above=Decimal(10), approval_channel=channel.id)
    return channel


def question(rig: Rig, desk) -> discord.Message:
    [message] = [m for m in desk.history() if m.author.id == rig.bot.user.id]
    return message


async def test_a_job_above_the_threshold_waits_with_its_credits_held_until_it_is_approved(rig: Rig, desk):
    card = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    assert "Waiting for a moderator's approval" in state_text(card.response)
    await rig.step()
    assert rig.sandbox.requests == []
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 20
    asked = question(rig, desk)
    assert "gold" in asked.embeds[0].description

    own = await rig.member.click(asked, label="Approve")
    assert own.ephemeral
    assert "Only moderators" in own.response.content
    assert await states(rig) == [JobState.AWAITING_APPROVAL]

    await rig.moderator.click(asked, label="Approve")
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED]
    answered = question(rig, desk)
    embed = answered.embeds[0]
    assert (embed.title, embed.colour) == ("Approved: Generate Image", discord.Colour(SUCCESS))
    assert re.fullmatch(rf"Approved by <@{rig.moderator.id}> on <t:\d+:f>\.\n\ngold", embed.description)
    assert [field.name for field in embed.fields] == ["Requested by", "Channel", "Estimated cost"]
    assert answered.content == ""
    [link] = parts(answered)
    assert (link["label"], link["url"]) == ("Open card", rig.messages()[0].jump_url)
    [line] = await rig.bot.parts.store.decisions.all(rig.guild.id)
    assert line.kind == "approval"
    assert line.by_id == rig.moderator.id


YES_ASK = "Yes, ask a moderator"


@pytest.mark.parametrize(("command", "options"), [("image generate", {"prompt": "gold"})])
async def test_a_question_says_that_a_moderator_must_approve_before_the_yes(
    rig: Rig, desk, command: str, options: dict[str, object]
):
    await rule(rig, confirm_above=Decimal(15))
    asked = await rig.member.slash(rig.channel, command, **options)
    assert asked.ephemeral
    assert asked.response.content.endswith(f" {APPROVED_FIRST}")
    await rig.member.click(asked.response, label=YES_ASK)
    assert set(await states(rig)) == {JobState.AWAITING_APPROVAL}


async def test_a_refusal_refunds_everything_and_shows_the_reason(rig: Rig, desk):
    await rig.member.slash(rig.channel, "image generate", prompt="gold", count=2)
    await rig.step()
    form = await rig.moderator.click(question(rig, desk), label="Reject…")
    [field] = [c["component"] if "component" in c else c["components"][0] for c in form.modal["components"]]
    await rig.moderator.submit_modal(form, {field["custom_id"]: "too dear *today*"})
    assert await states(rig) == [JobState.REFUSED, JobState.REFUSED]
    embed = question(rig, desk).embeds[0]
    assert (embed.title, embed.colour) == ("Rejected: Generate Image", discord.Colour(FAILURE))
    assert f"Rejected by <@{rig.moderator.id}> on <t:" in embed.description
    assert "Reason: too dear \\*today\\*." in embed.description
    sums = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert (sums.spent, sums.held) == (0, 0)
    [message] = rig.messages()
    assert "too dear" in state_text(message)


async def test_nobody_approves_their_own_job_unless_the_server_allows_it(rig: Rig, desk):
    await rig.moderator.slash(rig.channel, "image generate", prompt="gold")
    await rig.step()
    refused = await rig.moderator.click(question(rig, desk), label="Approve")
    assert "can't approve your own job" in refused.response.content
    await rule(rig, approve_own=True)
    await rig.moderator.click(question(rig, desk), label="Approve")
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED]


async def test_an_approval_survives_a_restart_and_expires_after_a_day_with_a_release(rig: Rig, desk):
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.step()
    await rig.restart()
    await rig.step()
    assert len([m for m in desk.history() if m.author.id == rig.bot.user.id]) == 1
    rig.advance(24 * 3600)
    await rig.step()
    assert await states(rig) == [JobState.EXPIRED]
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0
    embed = question(rig, desk).embeds[0]
    assert (embed.title, embed.colour) == ("Expired: Generate Image", discord.Colour(STOPPED))
    assert labels(question(rig, desk)) == ["Open card"]
    [job] = await rig.jobs()
    assert "no longer here" in private_sentence(await press(rig, rig.moderator, "approve", job.card_id))


async def test_a_canceled_request_is_no_longer_a_question(rig: Rig, desk):
    card = await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.step()
    await rig.member.click(card.response, label="Cancel")
    assert question(rig, desk).embeds[0].title == "Canceled: Generate Image"
    assert labels(question(rig, desk)) == ["Open card"]


@pytest.mark.parametrize("act", ["approve"])
async def test_a_question_that_was_not_redrawn_is_at_the_next_press_of_an_old_button(rig: Rig, desk, act: str):
    await rig.member.slash(rig.channel, "image generate", prompt="gold", private=True)
    await rig.step()
    asked = question(rig, desk)
    [job] = await rig.jobs()
    await rig.bot.parts.moderation.questions.approve(rig.guild.id, job.card_id, by_id=1, raises_limit=False)
    late = await rig.moderator.click(asked, custom_id=f"c1:{act}:{job.card_id}")
    assert "no longer here" in late.response.content
    assert question(rig, desk).embeds[0].title == "Approved: Generate Image"
    assert question(rig, desk).components == []  # its card is for its author alone


@pytest.mark.parametrize("is_log", [True, False])
async def test_the_answer_names_a_private_prompt_only_where_the_question_did(rig: Rig, desk, is_log: bool):
    if is_log:
        await rule(rig, approval_channel=None, log_channel=desk.id)
    await rig.member.slash(rig.channel, "image generate", prompt="gold", private=True)
    await rig.step()
    asked = next(m for m in desk.history() if m.embeds)
    assert ("gold" in asked.embeds[0].description) is not is_log
    await rig.moderator.click(asked, label="Approve")
    answered = next(m for m in desk.history() if m.embeds)
    assert answered.embeds[0].title == "Approved: Generate Image"
    assert ("gold" in answered.embeds[0].description) is not is_log


async def test_removing_a_result_with_its_record_deletes_the_question_with_its_prompt(rig: Rig, desk):
    await rig.member.slash(rig.channel, "image generate", prompt="gold")
    await rig.step()
    await rig.moderator.click(question(rig, desk), label="Approve")
    await rig.work()
    [card] = rig.messages()
    asked = await rig.member.click(card, custom_id=icon(card, REMOVE))
    await rig.member.click(asked.response, label="Remove the record too")
    assert [m for m in desk.history() if m.embeds] == []


# ---------------------------------------------------------------------- waiting for a place


async def test_beyond_the_running_limit_a_job_is_queued_with_its_place_and_made_in_order(rig: Rig):
    await rule(rig, running_per_member=1)
    card = await rig.member.slash(rig.channel, "image generate", prompt="boats", count=3)
    shown = state_text(card.response)
    assert "In the queue: you are next" in shown
    assert "In the queue: place 2" in shown
    assert await states(rig) == [JobState.SUBMITTING, JobState.WAITING, JobState.WAITING]
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED] * 3
    assert rig.sandbox.spent(HOST_KEY) == (await rig.bot.parts.store.ledger.balance(rig.guild.id)).spent


async def test_a_paused_server_takes_nothing_new_and_still_delivers_what_runs(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="last one")
    await rule(rig, paused=True)
    refused = await rig.member.slash(rig.channel, "image generate", prompt="too late")
    assert "paused new jobs" in refused.response.content
    await rig.work()
    assert await states(rig) == [JobState.DELIVERED]
