"""The demo's server on the bot's first day: nothing is set up, and the bot has just introduced itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.sandbox.demo.furniture import texts
from bot.sandbox.demo.furniture.server import DEMO_CREDITS, DEMO_KEY, STUDIO

if TYPE_CHECKING:
    import simcord

    from bot.app.client import CannonBot
    from bot.sandbox.demo.furniture.server import Furnished
    from bot.sandbox.server import Sandbox

COLOUR = 0x7C6CF0


async def welcome(env: simcord.Env, bot: CannonBot, sandbox: Sandbox, made: Furnished) -> None:
    """Explain where the viewer is, and have the bot greet the server, as it does when it is invited."""
    sandbox.add_key(DEMO_KEY, credits=DEMO_CREDITS)
    room = made.rooms[STUDIO]
    env.backend.edit_guild(made.guild.id, {"system_channel_id": room.id})
    await env.settle()
    channel = bot.get_channel(room.id)
    assert isinstance(channel, discord.TextChannel)
    note = discord.Embed(title=str(texts.NEWCOMER_TITLE), description=texts.newcomer(DEMO_KEY), colour=COLOUR)
    await channel.send(embed=note)
    await bot.parts.welcomes.run_once()
