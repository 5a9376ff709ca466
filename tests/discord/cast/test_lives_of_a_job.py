"""The cast in all that can happen to a job: crashes, limits, approval, words, presets, erasure, retention, practice."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import JobState
from bot.runtime import failpoints
from bot.runtime.failpoints import Crash
from tests.discord.test_removed_server import Removal
from tests.support.cast import add, cast_channel
from tests.support.channels import rule
from tests.support.erased import left_in_files, left_in_tables, round_of_upkeep
from tests.support.me import delete_own
from tests.support.reacting import in_channel
from tests.support.rig import Rig
from tests.support.surface import nothing_happened, private_sentence, settled_exactly

NAME, LOOK = "Zyxwald", "a heron in a plum-colored coat"


async def named(rig: Rig, **options: Any) -> Any:
    return await rig.member.slash(rig.channel, "image generate", prompt=f"@{NAME} sails #fast", **options)


def sent(rig: Rig) -> Any:
    return rig.sandbox.requests[-1].input


async def with_cast(rig: Rig) -> None:
    """Fail unless the last request has the look and both images."""
    assert LOOK in sent(rig)["prompt"]
    assert len(sent(rig)["reference_image_urls"]) == 2
    await settled_exactly(rig)


@pytest.mark.parametrize("point", ["accept.stored", "submit.sent", "send.done"])
async def test_a_crash_at_any_point_delivers_it_once_with_its_cast_or_refunds_it(rig: Rig, point: str):
    await add(rig, NAME, pictures=2, look=LOOK)
    failpoints.arm([point])
    with contextlib.suppress(Crash):
        await named(rig)
        if point in failpoints._armed:
            await rig.work()
    assert failpoints.disarm() == []
    await rig.restart()
    await rig.work()
    assert len(rig.sandbox.requests) <= 1
    assert {job.state for job in await rig.jobs()} <= {JobState.DELIVERED, JobState.CANCELLED}
    for request in rig.sandbox.requests:
        assert LOOK in request.input["prompt"]
        assert len(request.input["reference_image_urls"]) == 2
    await settled_exactly(rig)


async def test_images_of_a_bot_that_died_before_their_character_was_stored_are_deleted(rig: Rig):
    channel = await cast_channel(rig)
    failpoints.arm(["cast.posted"])
    with contextlib.suppress(Crash):
        await add(rig, NAME, look=LOOK)
    assert failpoints.disarm() == []
    assert len(channel.history()) == 1
    await rig.restart()
    assert await rig.bot.parts.store.cast.all(rig.guild.id) == []
    await round_of_upkeep(rig, hours=1)
    assert in_channel(rig, channel) == []


async def test_after_approval_it_is_sent_with_its_cast(rig: Rig):
    await add(rig, NAME, pictures=2, look=LOOK)
    desk = rig.guild.create_text_channel("desk")
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id)
    await named(rig)
    await rig.step()
    assert rig.sandbox.posts == 0
    [question] = in_channel(rig, desk)
    assert LOOK not in str(question.embeds[0].to_dict())
    await rig.moderator.click(question, label="Approve")
    await rig.work()
    await with_cast(rig)


async def test_approved_after_its_links_have_died_it_is_refunded(rig: Rig):
    await add(rig, NAME, pictures=2, look=LOOK)
    desk = rig.guild.create_text_channel("desk")
    await rule(rig, approve_above=Decimal(1), approval_channel=desk.id)
    await named(rig)
    await rig.step()
    rig.env.backend.cdn._blobs.clear()
    await rig.moderator.click(in_channel(rig, desk)[0], label="Approve")
    await rig.work()
    [job] = await rig.jobs()
    assert job.state is JobState.FAILED
    assert job.error
    await settled_exactly(rig)


async def test_a_look_with_a_forbidden_word_is_not_sent(rig: Rig):
    await add(rig, NAME, pictures=2, look=LOOK)
    await rule(rig, words=("plum-colored",))
    assert "word" in private_sentence(await named(rig))
    await nothing_happened(rig)


async def test_erasure_deletes_what_one_added_its_images_too(rig: Rig):
    channel = await cast_channel(rig)
    mira = await add(rig, NAME, pictures=2, look=LOOK)
    await rule(rig, retention_days=1)
    await named(rig)
    await rig.work()
    await round_of_upkeep(rig, days=3)
    assert left_in_tables(rig.folder, LOOK) == {"cast_members": 1}, "retention keeps the cast"
    assert len(await rig.bot.parts.delivery.cast_pictures.links(mira)) == 2
    await delete_own(rig, rig.member)
    await round_of_upkeep(rig, hours=1)
    assert in_channel(rig, channel) == []
    assert left_in_tables(rig.folder, NAME, LOOK) == {}


async def test_a_purge_leaves_no_word_of_it(rig: Rig):
    await add(rig, NAME, pictures=2, look=LOOK)
    Removal(rig)
    await rig.env.settle()
    assert left_in_tables(rig.folder, LOOK)
    for _ in range(3):
        await round_of_upkeep(rig, days=11)
    assert left_in_files(rig.folder, NAME, LOOK) == {}


async def test_practice_plays_with_it_and_sends_nothing_real(rig: Rig):
    await add(rig, NAME, pictures=2, look=LOOK)
    await rig.moderator.slash(rig.channel, "studio practice")
    await named(rig)
    await rig.work()
    [job] = await rig.jobs()
    assert job.practice
    assert job.state is JobState.DELIVERED
    assert [each.name for each in job.casting.players] == [NAME]
    assert rig.sandbox.posts == 0
