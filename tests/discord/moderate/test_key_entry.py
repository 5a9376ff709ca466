"""Who may set a server's key, and how often: it must be no way to try keys that somebody has found."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from tests.discord.moderate.test_settings_panel import opened
from tests.support.channels import open_to_all, rule, shown
from tests.support.erased import send_key
from tests.support.rig import GUILD_KEY, Rig
from tests.support.surface import of, watch

HOUR_S = 3600
OF_SERVER, OF_ALL = 5, 30


@pytest.fixture
async def helper(rig: Rig) -> Any:
    """A moderator by role, who may use every command and may not manage the server."""
    open_to_all(rig)
    role = rig.guild.create_role("helpers")
    await rule(rig, moderator_role=role.id)
    return rig.guild.add_member(rig.env.create_user("helga"), roles=[role])


def another(rig: Rig, name: str) -> tuple[Any, Any, int]:
    """Return another server's boss, a channel of it and its id: anybody can found one."""
    guild = rig.env.create_guild(name)
    place = guild.create_text_channel("general")
    mods = guild.create_role("mods", permissions=discord.Permissions(manage_guild=True))
    return guild.add_member(rig.env.create_user(f"boss-of-{name}"), roles=[mods]), place, guild.id


async def has_key(rig: Rig) -> bool:
    key = await rig.bot.parts.store.keys.current(rig.guild.id)
    return key is not None and key.secret == GUILD_KEY


async def test_who_moderates_by_the_role_alone_neither_sets_nor_removes_a_key_nor_says_who_moderates(
    rig: Rig, helper: Any
):
    """Whoever sets the key reads every prompt in their own account; and a role must not hand itself on."""
    await helper.slash(rig.channel, "studio pause", switch="on")
    before = await rig.bot.parts.store.settings.get(rig.guild.id)
    assert before.paused
    calls = watch(rig)
    assert "Manage Server" in shown(await send_key(rig, GUILD_KEY, helper))
    assert of(calls, "status") == []
    panel = await opened(rig, member=helper)
    for roles in ([rig.guild.create_role("friends")], []):
        await helper.select(panel, roles, custom_id="c1:set_role:moderator_role")
    assert await rig.bot.parts.store.settings.get(rig.guild.id) == before
    await send_key(rig, GUILD_KEY)
    assert "Manage Server" in shown(await helper.slash(rig.channel, "studio key", action="remove"))
    assert await has_key(rig)
    await rig.moderator.slash(rig.channel, "studio key", action="remove")
    form = await rig.moderator.slash(rig.channel, "studio key")
    [field] = rig.form_fields(form)
    roles = list(rig.env.backend.get_guild(rig.guild.id).members[helper.id].role_ids)
    rig.env.backend.edit_member(rig.guild.id, rig.moderator.id, {"role_ids": roles})
    assert "Manage Server" in shown(await rig.moderator.submit_modal(form, {field: GUILD_KEY}))
    assert not await has_key(rig)


async def test_guessed_keys_reach_cannon_studio_five_times_an_hour(rig: Rig):
    calls = watch(rig)
    for _ in range(OF_SERVER + 1):
        await send_key(rig, "not a key at all")
    answers = [await send_key(rig, f"guess_{number:010d}") for number in range(12)]
    assert len(of(calls, "status")) == OF_SERVER
    assert "again" in shown(answers[-1]).lower()
    boss, place, guild_id = another(rig, "Other")
    rig.sandbox.add_key("cs_test_boss_0001", credits=5)
    await send_key(rig, "cs_test_boss_0001", boss, place)
    assert await rig.bot.parts.store.keys.current(guild_id) is not None
    rig.advance(HOUR_S + 1)
    await send_key(rig, GUILD_KEY)
    assert await has_key(rig)


@pytest.mark.long
async def test_all_servers_together_make_thirty_calls_an_hour(rig: Rig):
    calls = watch(rig)
    for number in range(8):
        boss, place, _ = another(rig, f"server-{number}")
        for guess in range(OF_SERVER):
            await send_key(rig, f"guess_{number}_{guess:08d}", boss, place)
    assert len(of(calls, "status")) == OF_ALL


async def test_reading_the_account_again_and_again_asks_as_seldom(rig: Rig):
    await send_key(rig, GUILD_KEY)
    calls = watch(rig)
    for _ in range(10):
        assert "credits" in shown(await rig.moderator.slash(rig.channel, "studio status"))
        await rig.moderator.slash(rig.channel, "usage")
    assert len(of(calls, "status")) <= OF_SERVER


async def said_in_form(rig: Rig) -> str:
    """What the form for the key says besides its field."""
    form = await rig.moderator.slash(rig.channel, "studio key")
    return " ".join(row["content"] for row in form.modal["components"] if "content" in row)


async def test_the_form_says_where_a_key_is_found_and_who_pays_without_one(rig: Rig):
    said = await said_in_form(rig)
    assert "(https://www.cannonstudio.app/developers/docs/authentication)" in said
    assert "uses the host's key" in said
    await send_key(rig, GUILD_KEY)
    assert "host" not in await said_in_form(rig)
