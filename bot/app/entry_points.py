"""What the command line starts: the bot on Discord, or the surface without a network."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import discord
from discord import app_commands

from bot.app import texts
from bot.app.catalogue import documents_of
from bot.app.client import CannonBot, import_surface, new_client
from bot.app.connection.gate import call_discord_at
from bot.delivery.channels.facts import DISCORD_ERRORS, in_time
from bot.domain.shards import usable
from bot.errors import RESTART_CANNOT_HELP, RESTART_MAY_HELP, InputError, StartError
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.process import ProcessIdentity
from bot.settings import DISCORD_API_URL, Settings
from bot.store.guild.account import FactKey, stored_api_facts

if TYPE_CHECKING:  # a start has no use for what `check` finds
    from bot.app.host.check import Findings

__all__ = ["check", "describe_commands", "import_surface", "run", "unconnected"]

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a wrong token; also when a running bot's token is reset."""
START_FAILURES = (
    discord.LoginFailure,
    discord.PrivilegedIntentsRequired,
    discord.ConnectionClosed,
    discord.GatewayNotFound,
    *DISCORD_ERRORS,
)
"""Failures that are Discord's, the network's or the token's."""
ANSWER_S = 15.0
"""How long `check` waits for an answer of Discord."""
CLOCK_MAY_DIFFER_S = 60.0
SHARDING_REQUIRED, INTENTS_DISALLOWED = 4011, 4014
"""Close codes for too many servers per shard, and for disallowed intents."""


async def run(
    settings: Settings,
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
    async with new_client(settings, clock=clock, backs_off=True, identity=identity) as bot:
        try:
            await bot.start(settings.discord_token.get_secret_value())
        except START_FAILURES as error:
            raise _start_error(error) from None
        finally:
            closing()


def _start_error(error: Exception) -> StartError:
    """Return why Discord keeps the bot from starting, or from going on."""
    match error:
        case discord.LoginFailure():
            return StartError(texts.TOKEN_REFUSED, exit_code=RESTART_CANNOT_HELP)
        case discord.PrivilegedIntentsRequired():
            return _refusal(INTENTS_DISALLOWED)
        case discord.ConnectionClosed():
            return _refusal(error.code)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return StartError(texts.CERTIFICATE_REFUSED(reason=_reason(error)))
        case aiohttp.ClientConnectionError() | TimeoutError() | discord.GatewayNotFound() | OSError():
            return StartError(texts.DISCORD_UNREACHABLE(reason=_reason(error)))
        case _:
            return StartError(texts.DISCORD_IN_TROUBLE(error=str(error)))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return texts.NO_ANSWER_IN_TIME
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    number = getattr(inner, "errno", None) or 0
    words = getattr(inner, "verify_message", None) or (os.strerror(number) if number > 0 else None)
    words = words or getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return str(words).splitlines()[0].rstrip(".")


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


async def check(settings: Settings, clock: Clock, *, is_online: bool) -> Findings:
    """Load the catalogue and the surface; with `is_online` call Discord as a start does, but begin no session."""
    from bot.app.host.check import Findings  # noqa: PLC0415 - a start has no use for these
    from bot.app.host.prices import host_price_list  # noqa: PLC0415 - the same

    try:
        async with unconnected(settings) as bot:
            found = Findings()
            try:
                host_price_list(settings, bot.live_catalogue.current)
            except StartError as error:
                found.problems.append(error.sentence)
            if is_online and settings.discord_token is not None:
                found.add(await _ask_discord(bot, settings.discord_token.get_secret_value(), clock))
            return found
    except (ImportError, InputError, app_commands.AppCommandError, ValueError, TypeError) as error:
        return Findings(problems=[texts.COMMANDS_DO_NOT_LOAD(error=error)])


async def _ask_discord(bot: CannonBot, token: str, clock: Clock) -> Findings:
    """Return what keeps Discord from serving the bot, and what its application lacks."""
    from bot.app.host import texts as host_texts  # noqa: PLC0415 - a start has no use for these
    from bot.app.host.check import Findings, clock_ahead, of_application  # noqa: PLC0415 - the same

    if bot.settings.discord_api_url != DISCORD_API_URL:
        call_discord_at(bot.settings.discord_api_url)
    ahead_s: list[float] = []

    async def note_clock(_session: object, _context: object, params: aiohttp.TraceRequestEndParams) -> None:
        if (ahead := clock_ahead(params.response.headers.get("Date"), clock.wall())) is not None:
            ahead_s.append(ahead)

    if bot.http.http_trace is not None:
        bot.http.http_trace.on_request_end.append(note_clock)
    try:
        await in_time(bot.http.static_login(token), ANSWER_S)
        application = await in_time(bot.application_info(), ANSWER_S)
        gateway = await in_time(bot.ask_gateway(), ANSWER_S)
    except START_FAILURES as error:
        return Findings(problems=[_start_error(error).sentence])
    found = Findings(problems=await _gateway_problems(gateway.address))
    found.add(of_application(bot.settings, application))
    limit = gateway.limit
    if limit["remaining"] <= limit["total"] - usable(limit["total"]):
        found.warnings.append(host_texts.NO_SESSIONS_LEFT(minutes=limit["reset_after_s"] / 60))
    if (off := max(ahead_s, key=abs, default=0.0)) and abs(off) > CLOCK_MAY_DIFFER_S:
        found.warnings.append(host_texts.CLOCK_IS_OFF(seconds=abs(off), way="ahead of" if off > 0 else "behind"))
    return found


async def _gateway_problems(address: str) -> list[str]:
    """Connect to the gateway and say nothing: a session would count."""
    parts, is_encrypted = urlsplit(address), address.startswith("wss:")
    port = parts.port or (443 if is_encrypted else 80)
    try:
        opening = asyncio.open_connection(parts.hostname, port, ssl=is_encrypted or None)
        _, writer = await in_time(opening, ANSWER_S)
    except (OSError, TimeoutError) as error:
        return [texts.GATEWAY_UNREACHABLE(host=parts.hostname, reason=_reason(error))]
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return []


@contextlib.asynccontextmanager
async def unconnected(settings: Settings, database: Path | None = None) -> AsyncIterator[CannonBot]:
    """Yield a bot with its commands loaded, without database or connection.

    With a `database`, it knows the stored document of Cannon Studio's API.
    """
    async with CannonBot(settings, run_worker=False, serve_http=False) as bot:
        if database is not None:
            await bot.live_catalogue.learn(*_documents(await asyncio.to_thread(stored_api_facts, database)))
        await bot.load_surface()
        yield bot


def _documents(facts: Mapping[FactKey, str]) -> list[Any]:
    try:
        return documents_of(facts)
    except ValueError:
        return []
