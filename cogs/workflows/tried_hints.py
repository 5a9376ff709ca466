"""What was tried on this server's account of an option, for its completions: from memory, read at the first time."""

import asyncio
from collections.abc import Sequence
from typing import Final

import discord

from bot.app.client import CannonBot
from bot.catalogue import Tried
from bot.errors import InputError, StoreError

READ_WAIT_S: Final = 0.5
"""How long the store may take for the first time: Discord waits 3 seconds for choices."""


async def tried_here(interaction: discord.Interaction[CannonBot], operation_id: str, field: str) -> Sequence[Tried]:
    """Return the values of the operation's field that worked or were refused on this server's account."""
    if interaction.guild_id is None:
        return ()
    bot = interaction.client
    try:
        operation = bot.catalogue.resolve(operation_id)
        async with asyncio.timeout(READ_WAIT_S):
            memory = await bot.parts.memories.of(interaction.guild_id)
    except (InputError, StoreError, TimeoutError):
        return ()
    return memory.of(operation, field)
