"""Reactions on cards that an earlier commit has posted work."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.old_database import PICTURE, VIDEO, OldRig, new_jobs
from tests.support.prices import all_priced
from tests.support.reacting import direct_texts, event


@pytest.mark.long
async def test_reactions_on_old_cards_do_what_they_are_mapped_to(rig: OldRig):
    await all_priced(rig, rig.guild.id)
    ada, morgan, otto, sue, ivy, wes = (rig.members[each] for each in ("ada", "morgan", "otto", "sue", "ivy", "wes"))
    picture, video = rig.job(PICTURE), rig.job(VIDEO)
    made: list[tuple[str, int, str]] = []

    async def makes(member: Any, job_id: str, emoji: str, *operations: str, payer: Any = None) -> None:
        await member.react(rig.card(job_id), emoji)
        made.extend((operation, (payer or member).id, job_id) for operation in operations)
        assert new_jobs(rig) == made, emoji
        rig.advance(61)  # reactions start only some jobs a minute

    await makes(sue, picture, "🔁", "image.generate")
    await makes(sue, picture, "🎨", "image.generate", payer=ada)  # as the server has mapped it
    await makes(sue, picture, "🎲", "image.edit")
    await makes(sue, picture, "🎬", "video.generate")
    await makes(otto, picture, "again:123456789012345678", "image.edit")
    await makes(sue, picture, "again:123456789012345678")  # only the painters' counts
    await makes(wes, video, "⬆️", "video.upscale")
    await makes(sue, video, "🔥")  # two are needed
    await makes(ivy, video, "🔥", "video.upscale")
    await makes(sue, video, "💬")  # the server has removed it
    ben = rig.members["ben"]
    await makes(ben, rig.job("old bench picture #fast"), "🔁")  # switched off in that server: not even a refusal
    assert direct_texts(rig, ben) == []

    # A reaction that has acted before and comes again was taken back while the bot was off: it acts again.
    await event(rig, rig.card(picture), "🔁", otto.id)
    made.append(("image.generate", otto.id, picture))
    assert new_jobs(rig) == made

    # Removed before its job was sent: the job is cancelled and refunded.
    started_by_morgan = rig.job(PICTURE, 2)
    assert rig.state(started_by_morgan) == "submitting"
    await morgan.unreact(rig.card(picture), "🔁")
    assert rig.state(started_by_morgan) == "cancelled"
    assert rig.rows("SELECT kind FROM ledger WHERE job_id = ? AND kind <> 'hold'", started_by_morgan) == [("release",)]


@pytest.mark.long
async def test_copies_stars_and_removal_by_reaction_continue(rig: OldRig):
    ada, morgan, sue = rig.member, rig.moderator, rig.members["sue"]
    card = rig.card(rig.job(PICTURE))

    def own(channel: Any) -> list[Any]:
        return [message for message in channel.history() if message.author.id == rig.bot.user.id and message.embeds]

    [post] = own(rig.channels["gallery"])
    assert "⭐ 2" in json.dumps(post.embeds[0].to_dict(), ensure_ascii=False)
    await sue.react(card, "⭐")
    [post] = own(rig.channels["gallery"])
    assert "⭐ 3" in json.dumps(post.embeds[0].to_dict(), ensure_ascii=False)

    await sue.react(card, "✉️")
    [copied] = own(sue.user.dm_channel)
    assert rig.file(copied.attachments[0]) == rig.file(card.attachments[0])

    await sue.react(card, "❌")  # neither hers, nor is she a moderator
    assert card.id in {message.id for message in rig.messages()}
    assert own(morgan.user.dm_channel)
    await ada.react(card, "❌")
    assert card.id not in {message.id for message in rig.messages()}
    assert own(rig.channels["gallery"]) == own(morgan.user.dm_channel) == own(sue.user.dm_channel) == []
    assert "old picture" in rig.value("SELECT input FROM jobs WHERE id = ?", rig.job(PICTURE))
