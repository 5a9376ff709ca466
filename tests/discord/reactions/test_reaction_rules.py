"""The rules of commands apply to reactions."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.domain.server.guild_rules import Limit, Payer, Period, Scope
from cogs.ui.texts import APPROVED_FIRST
from tests.support.channels import rule
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with
from tests.support.prices import priced
from tests.support.reacting import direct_texts, event, made
from tests.support.rig import Rig
from tests.support.surface import deny, settled_exactly, without_page


@pytest.mark.parametrize("payer", [Payer.OFF, Payer.AUTHOR])
async def test_the_servers_rule_about_reruns_applies(rig: Rig, payer: Payer):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: dataclasses.replace(rules, rerun_payer=payer))
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert len(direct_texts(rig, rig.moderator)) == 1
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == (1 if payer is Payer.OFF else 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"paused": True}, "paused"), ({"words": ("fox",)}, "a word that this server does not allow")],
)
async def test_what_a_command_is_refused_for_a_reaction_is_too(rig: Rig, changes: dict[str, Any], words: str):
    message = await made(rig)
    await priced(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: dataclasses.replace(rules, **changes))
    await rig.moderator.react(message, "🔁")
    assert words in direct_texts(rig, rig.moderator)[0]
    assert len(await rig.jobs()) == 1
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == 0


async def test_a_reaction_says_no_yes_to_an_unknown_price(rig: Rig):
    message = await made(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: rules.having("confirm_above", Decimal(500)))
    await rig.moderator.react(message, "🎬")
    [said] = direct_texts(rig, rig.moderator)
    assert "isn't known yet" in said
    assert "ou have to confirm it" in said
    assert len(await rig.jobs()) == 1


async def test_a_roles_limit_counts_by_the_roles_that_the_reaction_says(rig: Rig):
    message = await made(rig)
    limit = Limit(scope=Scope.ROLE, scope_id=rig.moderators.id, period=Period.DAY, credits=Decimal(0))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    await rig.moderator.react(message, "🔁")
    assert "Your limit for this is 0 credits" in direct_texts(rig, rig.moderator)[0]
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 2


async def test_where_the_bot_cannot_post_nothing_is_spent(rig: Rig):
    message = await made(rig)
    deny(rig, embed_links=False)
    await event(rig, message, "🔁", rig.member.id)
    assert "A moderator can give me Embed Links there" in direct_texts(rig, rig.member)[0]
    assert len(await rig.jobs()) == 1


async def test_a_card_that_discord_does_not_take_is_refunded_and_reported(rig: Rig):
    message = await made(rig)
    rig.env.inject_error("POST", f"/channels/{rig.channel.id}/messages", status=403, code=50013, message="no", times=1)
    await rig.member.react(message, "🔁")
    job = (await rig.jobs())[0]
    assert job.state is JobState.CANCELLED
    assert "nothing was made and nothing was charged" in direct_texts(rig, rig.member)[0]
    await rig.work()
    await settled_exactly(rig)


async def test_a_card_is_posted_although_the_message_that_it_replies_to_is_gone(rig: Rig):
    message = await made(rig)
    del rig.env.backend.messages[rig.channel.id][message.id]  # a moment ago: Discord has not told the bot yet

    async def as_discord(call: DiscordCall) -> None:
        reference = call.body.get("message_reference")
        if reference is not None and reference.get("fail_if_not_exists", True):
            raise refusal(400, 50035)

    with trouble_with(as_discord):
        await event(rig, message, "🔁", rig.member.id)
        await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    [reply] = rig.messages()
    assert len(reply.attachments) == 1
    await settled_exactly(rig)


# ---------------------------------------------------------------------- the price


async def test_who_reacts_is_told_the_price_privately_before_anything_is_sent(rig: Rig):
    message = await made(rig)
    await priced(rig, 14, "image.edit")
    before = len(rig.sandbox.requests)
    await rig.moderator.react(message, "🎲")
    [line] = direct_texts(rig, rig.moderator)
    assert line == f"On it: 🎲 in <#{rig.channel.id}>. It costs about 14 credits."
    assert len(rig.sandbox.requests) == before
    assert direct_texts(rig, rig.member) == []


@pytest.mark.parametrize("confirm_above", [5])
async def test_who_reacts_is_told_that_a_moderator_must_approve_it(rig: Rig, confirm_above: int | None):
    message = await made(rig)
    await priced(rig, 14, "image.edit")
    confirm = None if confirm_above is None else Decimal(confirm_above)
    await rule(rig, confirm_above=confirm, approve_above=Decimal(5))
    await rig.moderator.react(message, "🎲")
    [line] = direct_texts(rig, rig.moderator)
    assert "14 credits" in line
    assert without_page(line).endswith(str(APPROVED_FIRST))


async def test_what_the_button_of_the_same_card_tells_is_not_told_again_until_it_is_more(rig: Rig):
    message = await made(rig)
    await rig.moderator.react(message, "🔁")
    assert len(await rig.jobs()) == 2
    assert direct_texts(rig, rig.moderator) == []
    await priced(rig, 14)
    await rig.member.react(message, "🔁")
    assert "It costs about 14 credits" in direct_texts(rig, rig.member)[0]


async def test_a_reaction_that_is_to_be_confirmed_says_the_price_and_what_there_is(rig: Rig):
    message = await made(rig)
    limit = Limit(scope=Scope.EVERYONE, period=Period.DAY, credits=Decimal(100))
    await rig.bot.parts.store.limits.set(rig.guild.id, limit, by_id=1)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: rules.having("confirm_above", Decimal(5)))
    await rig.moderator.react(message, "🔁")
    assert "about 12 credits, so you have to confirm it" in direct_texts(rig, rig.moderator)[0]
    assert "Left now: 100 of 100 credits a day." in direct_texts(rig, rig.moderator)[0]
    await priced(rig)
    await rig.member.react(message, "🔁")
    assert "about 20 credits, so you have to confirm it" in direct_texts(rig, rig.member)[0]
    assert "Left now: 88 of 100 credits a day. After this: 68." in direct_texts(rig, rig.member)[0]
    assert len(await rig.jobs()) == 1
