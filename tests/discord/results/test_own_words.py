"""A member's words stay theirs: what a variation tells the API is in no card, form, list or later job."""

from __future__ import annotations

import contextlib
from types import MappingProxyType
from typing import Any

import discord
import pytest

from bot.domain.models import Job, JobState
from bot.domain.words import orders
from bot.domain.words.orders import PICTURE_EDITS, Variation
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from tests.support.results import card_of
from tests.support.rig import Rig
from tests.support.surface import DETAILS, agreed, icon, inputs, newest, panel_text, settled_exactly, state_text, whole

FOX = "a fox in fog #fast"
ORDERS = ("Keep the", "The picture shows", "This describes")


async def made(rig: Rig, command: str = "image generate", **options: Any) -> Job:
    await rig.member.slash(rig.channel, command, **options)
    await rig.work()
    return await newest(rig)


async def varied(rig: Rig, job: Job, strength: str = "Strong") -> Job:
    how = await rig.member.click(card_of(rig, job), label="Vary")
    await agreed(rig.member, await rig.member.click(how.response, label=whole(how.response, strength)))
    await rig.work()
    return await newest(rig)


def quoted(message: discord.Message) -> str:
    return (message.embeds[0].description or "").partition("\n-# ")[0]


def sent(rig: Rig) -> dict[str, Any]:
    return dict(rig.sandbox.requests[-1].input)


async def test_a_variation_is_named_with_the_member_s_words_and_linked_to_its_origin(rig: Rig):
    origin = await made(rig, prompt=FOX)
    job = await varied(rig, origin)
    card = card_of(rig, job)
    assert quoted(card) == f"> 🎲 [Strong variation]({card_of(rig, origin).jump_url}) of *a fox in fog \\#fast*"
    assert "made from this" not in state_text(card)
    assert card.attachments[0].description.startswith("a fox in fog fast")
    assert card.attachments[0].filename.startswith("a-fox-in-fog")
    assert sent(rig)["prompt"] == f"{PICTURE_EDITS[Variation.STRONG]} The picture shows: {FOX}"
    details = await rig.member.click(card, custom_id=icon(card, DETAILS))
    assert not any(order in panel_text(details.response) for order in ORDERS)
    form = await rig.member.click(card, label="Edit and run")
    assert inputs(form)["Prompt"]["value"] == FOX
    await rig.member.submit_modal(form, {inputs(form)["Prompt"]["custom_id"]: "a red fox #fast"})
    await rig.work()
    assert sent(rig)["prompt"].endswith("The picture shows: a red fox #fast")
    assert "Strong variation" in quoted(card_of(rig, await newest(rig)))
    await settled_exactly(rig)


async def test_an_order_is_sent_again_word_for_word_after_a_crash_and_an_upgrade(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    origin = await made(rig, prompt=FOX)
    how = await rig.member.click(card_of(rig, origin), label="Vary")
    label = whole(how.response, "Strong")
    failpoints.arm(["submit.sent"])
    with contextlib.suppress(Crash):
        await agreed(rig.member, await rig.member.click(how.response, label=label))
        await rig.work()
    assert not failpoints.disarm()
    [first] = rig.sandbox.requests[1:]
    reworded = {**PICTURE_EDITS, Variation.STRONG: "Change all of it."}
    monkeypatch.setattr(orders, "PICTURE_EDITS", MappingProxyType(reworded))
    await rig.restart()
    await rig.work()
    job = await newest(rig)
    assert (job.state, job.attempts) == (JobState.DELIVERED, 2)
    assert rig.sandbox.requests[1:] == [first]
    assert job.sent_input == dict(first.input)
    await settled_exactly(rig)
