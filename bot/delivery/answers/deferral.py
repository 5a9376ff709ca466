"""Deferring the answer to an interaction."""

from __future__ import annotations

from typing import Any

import discord

from bot.delivery.channels.facts import in_time


async def defer(interaction: discord.Interaction[Any], *, thinking: bool = False, ephemeral: bool = False) -> None:
    """Defer the answer. Raises the call's error, one of `DISCORD_ERRORS`.

    The library repeats a call whose reply was lost, and is refused then: as if another program had answered.
    """
    await in_time(interaction.response.defer(ephemeral=ephemeral, thinking=thinking))
