"""What each reaction of each member does on each message, and that a crash loses or doubles nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.models import Job, JobState
from bot.domain.server.reaction_rules import REACTIONS, ReactionAction
from bot.runtime import failpoints
from tests.support.reacting import direct_texts, event, in_channel, made, newest, other
from tests.support.rig import HOST_KEY, Rig
from tests.support.surface import delete, settled_exactly

EMOJI = {rule.action: rule.shown for rule in REACTIONS.values()}
OPERATION = {
    "rerun": "image.generate",
    "vary": "image.edit",
    "animate": "video.generate",
    "upscale": "video.upscale",
    "subtitles": "subtitles.generate",
}
ON_VIDEO = {"upscale", "subtitles"}
WEBHOOK_ID = 10**18 + 7


async def actor(rig: Rig, name: str) -> Any:
    """Return the one who reacts; None for a webhook."""
    if name == "author":
        return rig.member
    if name == "moderator":
        return rig.moderator
    if name == "bot":
        return rig.guild.add_member(rig.env.create_user("robot", bot=True))
    if name == "webhook":
        return None
    member = other(rig)
    if name == "blocked":
        await rig.bot.parts.store.blocks.add(rig.guild.id, member.id, until=None, reason="spam", by_id=1)
    return member


async def children(rig: Rig, parent: Job) -> list[Job]:
    return [job for job in await rig.jobs() if job.parent_id == parent.id]


# ---------------------------------------------------------------------- the table of outcomes


@pytest.mark.parametrize(
    ("action", "who", "circumstance"),
    [
        *((action, "author", "restarted") for action in (*OPERATION, "gallery", "remove")),
        ("vary", "other", "parent deleted"),
        *(("rerun", who, "fresh") for who in ("moderator", "blocked", "bot", "webhook")),
        ("remove", "other", "fresh"),
        ("gallery", "blocked", "fresh"),
    ],
)
async def test_each_reaction_of_each_actor_has_its_outcome(rig: Rig, action: str, who: str, circumstance: str):
    message = await made(rig, "video generate" if action in ON_VIDEO else "image generate")
    parent = (await rig.jobs())[0]
    gallery = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.settings.change(
        rig.guild.id, lambda now: replace(now, gallery_channel=gallery.id, gallery_stars=1)
    )
    member = await actor(rig, who)
    if circumstance == "restarted":
        await rig.restart(after_s=90 * 24 * 3600)
    if circumstance == "parent deleted":
        delete(rig, message)
        await rig.env._settle_internal(dispatch="deleted")
    before = [m.id for m in rig.messages()]
    await event(rig, message, EMOJI[ReactionAction(action)], WEBHOOK_ID if member is None else member.id)
    await rig.work()
    counts = who in {"author", "other", "moderator"} and not (action == "remove" and who == "other")
    new = await children(rig, parent)
    if action in OPERATION:
        assert len(new) == (1 if counts else 0)
        if counts:
            last = max(new, key=lambda job: job.position)
            assert last.operation == OPERATION[action]
            assert {job.author_id for job in new} == {member.id}
            assert {job.state for job in new} == {JobState.DELIVERED}
            card = newest(rig)
            assert card.id not in before
            assert card.attachments
            assert card.reference is not None
            assert card.reference.message_id == message.id
    else:
        assert new == []
        assert [m.id for m in rig.messages()] == ([] if action == "remove" and counts else before)
    shown = action == "gallery" and counts and circumstance != "parent deleted"
    assert len(in_channel(rig, gallery)) == (1 if shown else 0)
    if who == "blocked" or (action == "remove" and who == "other"):
        [sentence] = direct_texts(rig, member)
        assert sentence.startswith(f"⚠️ Your {EMOJI[ReactionAction(action)]} in <#{rig.channel.id}> did nothing: ")
        assert ("spam" in sentence) == (who == "blocked")
    elif member is not None:
        # The price of a re-run is on a button of the card; that of anything else is told.
        prices = 1 if counts and action in OPERATION and action != "rerun" else 0
        assert len([line for line in direct_texts(rig, member) if "On it: " in line]) == prices
        assert len(direct_texts(rig, member)) == prices
    await settled_exactly(rig)


async def test_the_bots_own_reactions_start_nothing(rig: Rig):
    message = await made(rig)
    await event(rig, message, "🔁", rig.bot.user.id)
    assert len(await rig.jobs()) == 1


async def test_an_emoji_counts_with_and_without_its_presentation_mark(rig: Rig):
    message = await made(rig, "video generate")
    await event(rig, message, "⬆", rig.member.id)
    await event(rig, message, "⬆️", rig.moderator.id)
    assert [job.operation for job in await rig.jobs()][:2] == ["video.upscale"] * 2


async def test_reactions_on_other_messages_do_nothing_and_those_of_known_others_cost_no_read(rig: Rig, monkeypatch):
    await made(rig)
    human = await rig.moderator.send(rig.channel, "look at this")
    await rig.member.react(human, "🔁")
    assert len(await rig.jobs()) == 1
    reads = []
    database = rig.bot.parts.store._database
    for name in ("read", "look"):
        ask = getattr(database, name)
        monkeypatch.setattr(database, name, lambda fn, ask=ask: reads.append(fn) or ask(fn))
    await event(rig, human, "🔁", rig.member.id)
    assert len(reads) == 1
    await event(rig, human, "🔁", rig.member.id, message_author_id=str(rig.moderator.id))
    assert len(reads) == 1
    await event(rig, human, "🔁", rig.member.id, removed=True)
    assert len(reads) == 2


async def test_a_reaction_in_another_server_or_on_a_private_card_finds_nothing(rig: Rig):
    message = await made(rig, private=False)
    await event(rig, message, "🔁", rig.member.id, guild_id=str(rig.guild.id + 1))
    await rig.member.slash(rig.channel, "image generate", prompt="secret #fast", private=True)
    await rig.work()
    [private] = [m for m in rig.messages(viewer=rig.member) if m.id != message.id]
    await event(rig, private, "🔁", rig.moderator.id)
    assert len(await rig.jobs()) == 2


async def test_what_a_result_does_not_have_is_reported(rig: Rig):
    message = await made(rig)
    await rig.member.react(message, "⬆️")
    [sentence] = direct_texts(rig, rig.member)
    assert "This needs a video, and there is none here." in sentence
    assert len(await rig.jobs()) == 1


async def test_a_rerun_of_four_makes_four(rig: Rig):
    message = await made(rig, count=4)
    await rig.moderator.react(message, "🔁")
    await rig.work()
    assert len(newest(rig).attachments) == 4
    assert len(await rig.jobs()) == 8
    await settled_exactly(rig)


# ---------------------------------------------------------------------- crashes


@pytest.mark.parametrize("long_after", [False])
@pytest.mark.parametrize(
    ("point", "ends"), [("accept.stored", JobState.CANCELLED), ("answer.stored", JobState.DELIVERED)]
)
async def test_a_reactions_card_survives_a_crash_or_is_refunded(
    rig: Rig, point: str, ends: JobState | None, long_after: bool
):
    message = await made(rig)
    failpoints.arm([point])
    await rig.member.react(message, "🔁")
    assert failpoints.disarm() == []
    await rig.restart(after_s=3600 if long_after else 0)
    await rig.work()
    states = [job.state for job in await rig.jobs()]
    assert states == [JobState.DELIVERED] if ends is None else [ends, JobState.DELIVERED]
    assert len(rig.messages()) == (2 if ends is JobState.DELIVERED else 1)
    await settled_exactly(rig, HOST_KEY)
