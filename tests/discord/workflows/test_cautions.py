"""What is doubtful is asked about once, in private, before anything is held: yes, no, late, after a restart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.catalogue import Catalogue, merge
from bot.domain.models import JobState, MediaKind
from tests.support.prices import priced
from tests.support.reacting import direct_texts, made
from tests.support.rig import Rig
from tests.support.surface import agreed, labels, nothing_happened, settled_exactly, whole
from tests.support.workflows import hosted, sample

GONE = "Cannon Studio no longer lists Generate Image"


def withdraw(rig: Rig, *ids: str) -> None:
    """Let the live document no longer name these operations."""
    catalogue = rig.bot.catalogue
    operations = [replace(each, offered=each.id not in ids) for each in catalogue.operations.values()]
    rig.bot.live_catalogue._current = catalogue.replaced(operations, {})


async def asked_for_image(rig: Rig, **options: Any) -> Any:
    withdraw(rig, "image.generate")
    return await rig.member.slash(rig.channel, "image generate", prompt="gold", **options)


async def test_what_is_no_longer_offered_is_tried_only_after_a_yes(rig: Rig):
    asked = await asked_for_image(rig)
    assert asked.ephemeral
    assert GONE in asked.response.content
    assert labels(asked.response) == ["Continue anyway", "Cancel"]
    await nothing_happened(rig)
    made_after_yes = await rig.member.click(asked.response, label="Continue anyway")
    assert not made_after_yes.ephemeral
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    await settled_exactly(rig)
    again = await rig.member.click(asked.response, label="Continue anyway")
    assert "already used" in again.response.content
    assert len(rig.sandbox.requests) == 1


async def test_cancel_and_a_late_yes_make_nothing(rig: Rig):
    first = await asked_for_image(rig)
    await rig.member.click(first.response, label="Cancel")
    second = await asked_for_image(rig)
    rig.clock.advance(16 * 60)
    late = await rig.member.click(second.response, label="Continue anyway")
    assert "has expired" in late.response.content
    await nothing_happened(rig)


async def test_a_doubt_survives_a_restart_and_one_yes_covers_it_with_the_price(rig: Rig):
    await priced(rig)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, confirm_above=Decimal(10)))
    asked = await asked_for_image(rig)
    assert GONE in asked.response.content
    assert "about **20 credits**" in asked.response.content
    await rig.restart()
    withdraw(rig, "image.generate")
    await rig.member.click(asked.response, label="Continue anyway")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED


async def test_another_doubt_that_has_come_up_meanwhile_is_asked_about_again(rig: Rig):
    asked = await rig.member.slash(rig.channel, "video generate", from_=hosted(rig, *sample(MediaKind.IMAGE)))
    assert "probably needs: prompt" in asked.followups[0].content
    withdraw(rig, "video.generate")
    second = await rig.member.click(asked.followups[0], label="Continue anyway")
    [message] = [each for each in (second.response, *second.followups) if each is not None]
    assert "no longer lists Generate Video" in message.content
    assert "probably needs" not in message.content
    await nothing_happened(rig)


async def test_a_video_without_a_prompt_is_sent_after_a_yes(rig: Rig):
    asked = await rig.member.slash(rig.channel, "video generate", from_=hosted(rig, *sample(MediaKind.IMAGE)))
    await nothing_happened(rig)
    await agreed(rig.member, asked)
    await rig.work()
    [request] = rig.sandbox.requests
    assert request.input.keys() == {"image_url"}


async def test_the_live_documents_word_that_a_field_is_required_is_asked_about_too():
    branch = {"properties": {"operation": {"const": "video.generate"}, "input": {"required": ["prompt"]}}}
    branch["properties"]["input"]["properties"] = {"prompt": {"type": "string"}, "image_url": {"type": "string"}}
    body = {"content": {"application/json": {"schema": {"oneOf": [branch]}}}}
    learned = merge(Catalogue(), {"paths": {"/requests": {"post": {"requestBody": body}}}})
    assert learned.get("video.generate").field("prompt").rule_inferred


async def test_a_control_asks_as_the_command_does(rig: Rig):
    message = await made(rig)
    withdraw(rig, "image.generate")
    asked = await rig.member.click(message, label=whole(message, "Re-run"))
    content = "".join(each.content for each in (asked.response, *asked.followups) if each is not None)
    assert GONE in content
    assert len(await rig.jobs()) == 1
    await agreed(rig.member, asked)
    assert len(await rig.jobs()) == 2


async def test_a_reaction_says_that_it_cannot_ask(rig: Rig):
    message = await made(rig)
    withdraw(rig, "image.generate")
    await rig.member.react(message, "🔁")
    assert len(await rig.jobs()) == 1
    assert any(GONE in each for each in direct_texts(rig, rig.member))
