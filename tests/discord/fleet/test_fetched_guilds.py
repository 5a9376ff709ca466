"""A process without a gateway knows of a server what one with a gateway knows."""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from bot.delivery.channels.fetched_guilds import FAILED_AGAIN_S, FRESH_S, FetchedGuilds
from tests.support.channels import hidden_channel, private_thread
from tests.support.discord_trouble import DiscordCall, refusal, trouble_with


def facts(guild: discord.Guild) -> dict[str, Any]:
    """Return what the bot reads of a server anywhere."""
    own = guild.me
    assert own is not None
    return {
        "name": guild.name,
        "locale": str(guild.preferred_locale),
        "owner": guild.owner_id,
        "file limit": guild.filesize_limit,
        "own permissions": own.guild_permissions,
        "own roles": [role.id for role in own.roles],
        "roles": sorted((role.id, role.permissions.value, role.position) for role in guild.roles),
        "channels": {
            each.id: (
                type(each),
                each.name,
                each.category_id,
                bool(getattr(each, "nsfw", False)),
                each.permissions_for(own),
                each.permissions_for(guild.default_role),
            )
            for each in guild.channels
        },
        "threads": {
            each.id: (each.name, each.parent_id, each.is_private(), each.permissions_for(own)) for each in guild.threads
        },
        "members": [member.id for member in guild.members],
    }


def forget_all(rig) -> None:
    for guild in list(rig.bot.guilds):
        rig.bot._connection._remove_guild(guild)


async def test_what_is_fetched_of_a_server_is_what_the_gateway_tells(rig):
    rig.guild.create_category("studio")
    hidden_channel(rig, rig.member)
    private_thread(rig, rig.member)
    await rig.env.settle()
    told = facts(rig.bot.get_guild(rig.guild.id))
    assert len(told["channels"]) >= 3
    assert told["threads"]
    forget_all(rig)
    assert rig.bot.get_guild(rig.guild.id) is None

    found = await FetchedGuilds(rig.bot, rig.clock).find(rig.guild.id)

    assert found is not None
    assert facts(found) == told
    assert rig.bot.get_guild(rig.guild.id) is found
    assert rig.bot.get_channel(rig.channel.id) == found.get_channel(rig.channel.id)


async def test_it_is_fetched_once_until_it_is_old(rig):
    forget_all(rig)
    guilds = FetchedGuilds(rig.bot, rig.clock)
    with trouble_with(_nothing) as calls:
        await asyncio.gather(*(guilds.find(rig.guild.id) for _ in range(5)))
        assert len(_of_guild(calls)) == 1
        rig.advance(FRESH_S - 1)
        await guilds.find(rig.guild.id)
        assert len(_of_guild(calls)) == 1
        rig.advance(2)
        await guilds.find(rig.guild.id)
        assert len(_of_guild(calls)) == 2


async def test_a_server_that_has_removed_the_bot_is_not_known_and_one_that_cannot_be_asked_about_is_as_it_was(rig):
    guilds = FetchedGuilds(rig.bot, rig.clock)
    status = 503

    async def refuse(call: DiscordCall) -> None:
        if call.path.startswith("/guilds/"):
            raise refusal(status)

    with trouble_with(refuse) as calls:
        assert await guilds.find(rig.guild.id) is not None
        asked = len(calls)
        await guilds.find(rig.guild.id)
        assert len(calls) == asked
        rig.advance(FAILED_AGAIN_S + 1)
        status = 404
        assert await guilds.find(rig.guild.id) is None
        assert guilds.known(rig.guild.id) is None


async def _nothing(_call: DiscordCall) -> None:
    return


def _of_guild(calls: list[DiscordCall]) -> list[DiscordCall]:
    return [call for call in calls if call.path.count("/") == 2 and call.path.startswith("/guilds/")]
