"""What a member has left after a request: on its card, with its price, and with a refusal by amount or number."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.server.guild_rules import Limit, Period, Scope
from tests.support.channels import rule, shown
from tests.support.erased import send_key
from tests.support.prices import priced
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import (
    DETAILS,
    icon,
    nothing_happened,
    panel_text,
    private_sentence,
    settled_exactly,
    state_text,
    whole,
)


async def limit(rig: Rig, amount: int, scope: Scope = Scope.EVERYONE, **more: Any) -> None:
    made = Limit(scope=scope, period=more.pop("period", Period.DAY), credits=Decimal(amount), **more)
    await rig.bot.parts.store.limits.set(rig.guild.id, made, by_id=1)


async def ask(rig: Rig, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "image generate", **({"prompt": "a fox #fast"} | options))


def left(message: Any) -> str | None:
    found = re.search(r"^Left now: (.*)\.$", state_text(message), re.MULTILINE)
    return None if found is None else found[1]


# ---------------------------------------------------------------------- the card


async def test_a_private_card_says_what_the_tightest_limit_leaves_until_its_jobs_have_ended(rig: Rig):
    await priced(rig)
    await limit(rig, 100)
    await limit(rig, 70, Scope.SERVER, period=Period.WEEK)
    first = await ask(rig, private=True)
    assert left(first.response) == "50 of the server's 70 credits a week"
    await rig.work()
    assert left(rig.messages(viewer=rig.member)[0]) is None


async def test_a_public_card_tells_nobody_what_its_author_has_left(rig: Rig):
    await priced(rig)
    await limit(rig, 100)
    first = await ask(rig)
    assert left(first.response) is None
    assert "100 credits a day" not in str(first.response.embeds[0].to_dict())


async def test_a_public_card_tells_no_balance_and_a_private_one_that_of_the_servers_own_account(rig: Rig):
    await priced(rig)
    assert left((await ask(rig, private=True)).response) is None  # the host's account pays
    await rig.work()
    await send_key(rig, GUILD_KEY)
    await rig.moderator.slash(rig.channel, "studio status")
    assert left((await ask(rig, private=True)).response) == "480 credits in the server's account"
    assert left((await ask(rig)).response) is None


# ---------------------------------------------------------------------- a price to confirm


async def test_a_price_says_what_there_is_and_what_would_be_left(rig: Rig):
    await priced(rig)
    await rule(rig, confirm_above=Decimal(10))
    await limit(rig, 100)
    assert "Left now: 100 of 100 credits a day. After this: 80." in shown(await ask(rig))


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize("why", ["ceiling", "limit"])
async def test_a_refusal_by_amount_or_number_says_what_is_left(rig: Rig, why: str):
    await limit(rig, 100)
    await priced(rig)
    if why == "ceiling":
        await rule(rig, job_ceiling=Decimal(5))
    if why == "queue":
        await rule(rig, running_per_member=1, queued_per_member=1)
    many = {"ceiling": 1, "queue": 3, "limit": 4}[why]
    if why == "limit":
        await ask(rig, count=2, prompt="x #slow")
    sentence = private_sentence(await ask(rig, count=many))
    wanted = "You have 60 of your 100 daily credits left" if why == "limit" else "Left now: 100 of 100 credits a day."
    assert wanted in sentence


async def test_a_refusal_tells_nobody_what_the_host_has(rig: Rig):
    await rig.moderator.slash(rig.channel, "studio status")
    await priced(rig)
    await rule(rig, job_ceiling=Decimal(5))
    sentence = private_sentence(await ask(rig))
    assert "20" in sentence
    assert "You have" not in sentence
    assert "10,000" not in sentence


# ---------------------------------------------------------------------- what still fits


async def test_a_refusal_says_how_many_fit_and_one_press_makes_them(rig: Rig):
    await priced(rig)
    await limit(rig, 50)
    refused = await ask(rig, count=4)
    sentence = private_sentence(refused)
    assert "These 4 jobs need about 80. 2 of 4 fit now." in sentence
    await nothing_happened(rig)
    made = await rig.member.click(refused.response, label="Make 2 of 4")
    assert not made.ephemeral
    await rig.work()
    assert len(rig.messages()[-1].attachments) == 2
    await settled_exactly(rig)


async def test_of_a_batch_the_first_prompts_are_made(rig: Rig):
    await priced(rig)
    await limit(rig, 50)
    refused = await rig.member.slash(rig.channel, "batch", operation="image.generate", prompts="a|b|c|d")
    await rig.member.click(refused.response, label="Make 2 of 4")
    assert [job.prompt for job in reversed(await rig.jobs())] == ["a", "b"]


# ---------------------------------------------------------------------- after it has ended


async def test_details_of_an_ended_card_tell_its_author_alone_what_is_left(rig: Rig):
    await priced(rig)
    await limit(rig, 100)
    await ask(rig)
    await rig.work()
    [card] = rig.messages()
    assert left(card) is None
    for reader, expected in ((rig.member, True), (rig.moderator, False)):
        details = panel_text((await reader.click(card, custom_id=icon(card, DETAILS))).response)
        assert ("Left now: 88 of 100 credits a day." in details) is expected


async def test_what_did_not_fit_says_when_the_limit_refills_and_is_tried_again_by_one_press(rig: Rig):
    await limit(rig, 40)
    desk = rig.guild.create_text_channel("approvals")
    await rule(rig, approval_channel=desk.id)
    await ask(rig, count=4)
    await rig.work()
    [card] = rig.messages()
    state = state_text(card)
    assert len(card.attachments) == 3
    assert "You have 4 of your 40 daily credits left. Next reset:" in state
    assert "This job needs about 12." in state
    again = await rig.member.click(card, label=whole(card, "Try again from here"))
    assert "You have 4 of your 40 daily credits left" in private_sentence(again)
    assert "Ask a moderator" in shown(again)
    rig.advance(24 * 3600)
    await rig.member.click(card, label=whole(card, "Try again from here"))
    await rig.work()
    assert [job.state.value for job in await rig.jobs()].count("delivered") == 4
    await settled_exactly(rig)


async def test_with_an_unknown_price_only_what_there_is_now_is_told(rig: Rig):
    await rule(rig, confirm_above=Decimal(10))
    await limit(rig, 100)
    text = shown(await ask(rig))
    assert "not known yet**: perhaps 20 credits, and it can be more." in text
    assert "Left now: 100 of 100 credits a day." in text
    assert "After this" not in text
