"""*Made here?* recognizes what this server's bot made, and says nothing of what its reader may not see."""

from __future__ import annotations

import hashlib
from typing import Any

import discord
import pytest

from cogs.community.texts import NOT_MADE_HERE
from tests.support.channels import hidden_channel, made_in, shown
from tests.support.menus import posted
from tests.support.reacting import in_channel, made, other
from tests.support.rig import Rig
from tests.support.surface import png

NOT_HERE = str(NOT_MADE_HERE)


async def asked(rig: Rig, message: discord.Message, who: Any = None, channel: Any = None) -> str:
    result = await (who or rig.member).context_menu(channel or rig.channel, "Made here?", message)
    assert result.ephemeral
    return shown(result)


async def test_a_card_and_a_gallery_copy_are_recognized_with_author_time_and_model(rig: Rig):
    gallery = rig.guild.create_text_channel("gallery")
    await rig.bot.parts.store.reactions.change_settings(rig.guild.id, gallery=lambda _: (gallery.id, 1))
    card = await made(rig)
    await rig.moderator.react(card, "⭐")
    [copy] = in_channel(rig, gallery)
    for message, place in ((card, rig.channel), (copy, gallery)):
        said = await asked(rig, message, rig.moderator, place)
        for part in (f"Made here by <@{rig.member.id}>", "Generate Image", "Seedream 5.0 Lite", card.jump_url, "<t:"):
            assert part in said


@pytest.mark.parametrize("after", ["at once", "restart", "retention"])
async def test_a_file_is_recognized_wherever_it_is_posted_until_it_is_forgotten(rig: Rig, after: str):
    card = await made(rig)
    again = await posted(rig, ("renamed.png", rig.file(card.attachments[0])))
    if after == "restart":
        await rig.restart(after_s=3600)
    if after == "retention":
        await rig.bot.parts.member_data.erase(rig.guild.id, rig.member.id)
    said = await asked(rig, again)
    kept = await rig.bot.parts.store.job_lists.has_file(rig.guild.id, again.attachments[0].size)
    assert kept is (after != "retention")
    assert (f"Made here by <@{rig.member.id}>" in said) is (after != "retention")
    assert (NOT_HERE in said) is (after == "retention")


async def test_what_others_posted_or_edited_is_not_recognized_and_mostly_not_even_fetched(rig: Rig):
    await made(rig)
    fetched = len(rig.sandbox.requests)
    for files in ((), (("cat.png", png()),), (("notes.txt", b"notes"),)):
        assert NOT_HERE in await asked(rig, await posted(rig, *files))
    assert len(rig.sandbox.requests) == fetched


async def test_every_result_of_a_grid_is_recognized_by_its_own_file(rig: Rig):
    card = await made(rig, count=2)
    jobs = set[str]()
    for data in [rig.file(each) for each in card.attachments]:
        assert "Made here by" in await asked(rig, await posted(rig, ("a.png", data)))
        found = await rig.bot.parts.store.job_lists.with_file(rig.guild.id, len(data), hashlib.sha256(data).hexdigest())
        jobs |= {each.job.id for each in found}
    assert jobs == {job.id for job in await rig.jobs()}


async def test_private_results_and_hidden_channels_stay_secret(rig: Rig):
    eve = other(rig, "eve")
    await rig.member.slash(rig.channel, "image generate", prompt="a secret #fast", private=True)
    await rig.work()
    [private] = await rig.jobs()
    room = hidden_channel(rig, rig.member)
    hidden = await made_in(rig, room, rig.member, "a den")
    [message] = [each for each in in_channel(rig, room) if each.id == hidden.message_id]
    files = [rig.file(message.attachments[0]), await bytes_of(rig, private)]
    for data in files:
        again = await posted(rig, ("file.png", data))
        for who in (eve, rig.moderator):
            assert NOT_HERE in await asked(rig, again, who)
        assert "Made here by" in await asked(rig, again, rig.member)


async def bytes_of(rig: Rig, job: Any) -> bytes:
    """The file of a job as Cannon Studio has it."""
    media = rig.bot.parts.media
    found = await media.download(job.media[0].url, rig.folder, "seen", expect=None)
    return found.path.read_bytes()


async def test_another_servers_results_are_nothing_here(rig: Rig):
    card = await made(rig)
    store = rig.bot.parts.store
    await store._database.write(lambda db: db.execute("UPDATE made_files SET guild_id = guild_id + 1"))
    again = await posted(rig, ("file.png", rig.file(card.attachments[0])))
    assert NOT_HERE in await asked(rig, again)


async def test_a_members_looks_at_files_are_limited(rig: Rig):
    card = await made(rig)
    again = await posted(rig, ("file.png", rig.file(card.attachments[0])))
    said = [await asked(rig, again) for _ in range(40)]
    assert "Made here by" in said[0]
    assert not any("Made here by" in each for each in said[-3:])
