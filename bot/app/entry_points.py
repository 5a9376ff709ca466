"""What the command line starts: the bot on Discord, or the surface alone, without a network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.app import texts
from bot.app.client import CannonBot
from bot.errors import InputError, StartError
from bot.settings import Settings


async def run(settings: Settings) -> None:
    """Run the bot on the real Discord until cancelled. Raises StartError if it cannot start."""
    if settings.discord_token is None:
        raise StartError(texts.TOKEN_NOT_SET)
    bot = CannonBot(settings)
    try:
        await bot.start(settings.discord_token.get_secret_value())
    except discord.LoginFailure:
        raise StartError(texts.TOKEN_REFUSED) from None
    except discord.PrivilegedIntentsRequired:
        raise StartError(texts.INTENTS_REFUSED) from None
    except (aiohttp.ClientConnectionError, TimeoutError, discord.GatewayNotFound):
        raise StartError(texts.DISCORD_UNREACHABLE) from None
    finally:
        await bot.close()


def describe_commands() -> list[dict[str, Any]]:
    """Return every slash command with its options, as registered with Discord, without connecting."""

    async def collect() -> list[dict[str, Any]]:
        async with unconnected(Settings(log_level="INFO")) as bot:
            return [command.to_dict(bot.tree) for command in bot.tree.get_commands()]

    return asyncio.run(collect())


async def check(settings: Settings) -> list[str]:
    """Load the catalogue and the surface without a network; return a sentence per problem."""
    try:
        async with unconnected(settings):
            return []
    except (ImportError, InputError, app_commands.AppCommandError, ValueError, TypeError) as error:
        return [texts.commands_do_not_load(error)]


@contextlib.asynccontextmanager
async def unconnected(settings: Settings) -> AsyncIterator[CannonBot]:
    """Yield a bot with its commands loaded, which opens no database and no connection."""
    bot = CannonBot(settings, run_worker=False, serve_http=False)
    try:
        await bot.load_surface()
        yield bot
    finally:
        await bot.close()
