"""What the command line starts: the bot on Discord, or the surface without a network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.app import texts
from bot.app.catalogue import NAMED_META, documents_of, recent_operations
from bot.app.client import CannonBot, import_surface, new_client
from bot.app.connection.gate import call_discord_at
from bot.app.parts import Role
from bot.catalogue import Catalogue
from bot.delivery.channels.facts import DISCORD_ERRORS
from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, InputError, StartError
from bot.runtime.clock import SystemClock
from bot.runtime.process import ProcessIdentity
from bot.settings import DISCORD_API_URL, Settings
from bot.store.engine.repository import stored_facts
from bot.store.guild.account import FactKey, stored_api_facts

__all__ = ["check", "describe_commands", "import_surface", "run", "unconnected"]

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a wrong token; also when a running bot's token is reset."""
SHARDING_REQUIRED, INTENTS_DISALLOWED = 4011, 4014
"""Close codes for too many servers per shard, and for disallowed intents."""


async def run(
    settings: Settings,
    role: Role = Role.ALL,
    *,
    identity: ProcessIdentity | None = None,
    closing: Callable[[], None] = lambda: None,
) -> None:
    """Run the bot on the real Discord until cancelled; `closing` is called when it begins to end.

    Raises StartError if it cannot start or continue.
    """
    if settings.discord_token is None:
        raise StartError(texts.TOKEN_NOT_SET, exit_code=RESTART_CANNOT_HELP)
    clock = SystemClock()
    if settings.discord_api_url != DISCORD_API_URL:
        call_discord_at(settings.discord_api_url)
    async with new_client(settings, clock=clock, backs_off=True, role=role, identity=identity) as bot:
        try:
            await bot.start(settings.discord_token.get_secret_value())
        except discord.LoginFailure:
            raise StartError(texts.TOKEN_REFUSED, exit_code=RESTART_CANNOT_HELP) from None
        except discord.PrivilegedIntentsRequired:
            raise _refusal(INTENTS_DISALLOWED) from None
        except discord.ConnectionClosed as closed:
            raise _refusal(closed.code) from None
        except (aiohttp.ClientConnectionError, TimeoutError, discord.GatewayNotFound):
            raise StartError(texts.DISCORD_UNREACHABLE) from None
        except DISCORD_ERRORS as error:
            raise StartError(texts.DISCORD_IN_TROUBLE(error=str(error))) from None
        finally:
            closing()


def _refusal(close_code: int) -> StartError:
    if close_code == AUTHENTICATION_FAILED:
        return StartError(texts.TOKEN_REFUSED, exit_code=RESTART_CANNOT_HELP)
    lasting = texts.LASTING_CLOSES.get(close_code)
    if lasting is None:
        return StartError(texts.GATEWAY_CLOSED(code=close_code), exit_code=RESTART_MAY_HELP)
    may_help = close_code == SHARDING_REQUIRED  # the next start asks Discord for the number of shards
    return StartError(lasting, exit_code=RESTART_MAY_HELP if may_help else RESTART_CANNOT_HELP)


def describe_commands(database: Path | None = None) -> list[dict[str, Any]]:
    """Return every slash command with its options, as registered, without connecting.

    With a `database`, including those made from the stored document of Cannon Studio's API.
    """

    async def collect() -> list[dict[str, Any]]:
        async with unconnected(Settings(log_level="INFO"), database) as bot:
            return [command.to_dict(bot.tree) for command in bot.tree.get_commands()]

    return asyncio.run(collect())


async def check(settings: Settings) -> list[str]:
    """Load the catalogue and the surface without a network; return a sentence per problem."""
    try:
        async with unconnected(settings) as bot:
            return _price_problems(settings, bot.live_catalogue.current)
    except (ImportError, InputError, app_commands.AppCommandError, ValueError, TypeError) as error:
        return [texts.COMMANDS_DO_NOT_LOAD(error=error)]


def _price_problems(settings: Settings, catalogue: Catalogue) -> list[str]:
    try:
        if settings.price_list is not None:
            from bot.app.host.prices import read_host_prices  # noqa: PLC0415 - as in the client

            read_host_prices(settings.price_list, catalogue)
    except InputError as error:
        return [texts.PRICE_LIST_WRONG(path=settings.price_list, reason=error.sentence)]
    return []


@contextlib.asynccontextmanager
async def unconnected(settings: Settings, database: Path | None = None) -> AsyncIterator[CannonBot]:
    """Yield a bot with its commands loaded, without database or connection.

    With a `database`, it knows the stored document of Cannon Studio's API.
    """
    async with CannonBot(settings, run_worker=False, serve_http=False) as bot:
        if database is not None:
            stored = await asyncio.to_thread(stored_facts, database, NAMED_META)
            kept = recent_operations(stored.get(NAMED_META), bot.clock.wall())
            await bot.live_catalogue.learn(*_documents(await asyncio.to_thread(stored_api_facts, database)), kept=kept)
        await bot.load_surface()
        yield bot


def _documents(facts: Mapping[FactKey, str]) -> list[Any]:
    try:
        return documents_of(facts)
    except ValueError:
        return []
