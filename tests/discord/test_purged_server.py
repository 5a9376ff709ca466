"""A server that removed the bot is purged thirty days later: its members can no longer ask for it themselves."""

from __future__ import annotations

import pytest

from tests.discord.test_removed_server import Removal
from tests.support.erased import left_in_files, left_in_tables, round_of_upkeep, send_key
from tests.support.recipes import new_recipe
from tests.support.rig import GUILD_KEY, Rig
from tests.support.settings_pages import block_member
from tests.support.surface import fill

WORDS, REASON, TITLE, NOTE = "canary-prompt-xyzzy", "canary-reason-xyzzy", "canary-recipe", "canary-note-xyzzy"
ALL = (WORDS, REASON, TITLE, NOTE)


@pytest.fixture
async def lived_in(rig: Rig) -> None:
    """A server with a key, a result, a recipe, a block and a grant, each with words of its own."""
    await send_key(rig, GUILD_KEY)
    await rig.member.slash(rig.channel, "image generate", prompt=f"{WORDS} #fast")
    await rig.work()
    form = await new_recipe(rig)
    texts = {"Name": TITLE, "About": "", "Inputs": "prompt: what", "Steps": "image.generate\nprompt: {prompt}"}
    await rig.moderator.submit_modal(form, fill(form, texts))
    await block_member(rig, rig.member, Reason=REASON)
    await rig.moderator.slash(rig.channel, "quota grant", member=rig.member, credits=5.0, note=NOTE)
    for trace in ALL:
        assert left_in_tables(rig.folder, trace), trace


async def removed(rig: Rig) -> Removal:
    removal = Removal(rig)
    await rig.env.settle()
    return removal


async def test_after_thirty_days_no_word_of_it_is_left_and_the_ledger_is(rig: Rig, lived_in: None):
    await removed(rig)
    await round_of_upkeep(rig, days=29)
    assert left_in_tables(rig.folder, WORDS)
    for _ in range(3):
        await round_of_upkeep(rig, days=1)
    assert left_in_files(rig.folder, *ALL) == {}
    assert len(await rig.bot.parts.store.ledger.rows(rig.guild.id)) == 3


async def test_invited_back_in_time_it_finds_all_as_it_was(rig: Rig, lived_in: None):
    removal = await removed(rig)
    await round_of_upkeep(rig, days=20)
    removal.back()
    await rig.env.settle()
    await round_of_upkeep(rig, days=40)
    assert left_in_tables(rig.folder, WORDS)
    assert left_in_tables(rig.folder, TITLE)


async def test_a_removal_while_the_bot_was_off_counts_from_when_it_was_noticed(rig: Rig, lived_in: None):
    await rig.die()
    Removal(rig, off=True)
    rig.bot = rig.new_bot()
    await rig.env.restart_bot(rig.bot)
    await round_of_upkeep(rig, days=1)
    assert left_in_tables(rig.folder, WORDS)
    for _ in range(3):
        await round_of_upkeep(rig, days=11)
    assert left_in_files(rig.folder, *ALL) == {}


async def test_an_outage_of_discord_is_no_removal(rig: Rig, lived_in: None):
    backend = rig.env.backend
    backend.emit("GUILD_DELETE", {"id": str(rig.guild.id), "unavailable": True})
    await rig.env.settle()
    await round_of_upkeep(rig, days=60)
    assert left_in_tables(rig.folder, WORDS)
