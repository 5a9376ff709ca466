"""This version of the bot on a restored database, on loopback alone: `cannon-bot rehearse` loads it by name."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import sys
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.app.client import CannonBot
from bot.app.connection.gate import call_discord_at
from bot.app.parts import Role
from bot.app.practice_process import NoPracticeStudio
from bot.delivery.channels.fetched_guilds import FetchedGuilds
from bot.delivery.channels.guilds import Guilds
from bot.runtime.clock import Clock
from bot.settings import DISCORD_API_URL, SecretStr, Settings
from bot.store import Store
from sandbox.post_box import PostBox
from sandbox.server import Sandbox

HOST_KEY = "cs_test_rehearsal_host"
TOKEN = "MQ.rehearsal.token"  # noqa: S105 - of no application
CREDITS = 1_000_000_000.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request that Cannon Studio was working on when the backup was made."""

    remote_id: str
    secret: str
    """The API key."""
    operation: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What happened."""

    posted: int
    """Messages that Discord was sent."""
    refused: tuple[str, ...]
    """Addresses outside this machine that something tried to reach."""


async def play(
    settings: Settings,
    *,
    places: Mapping[int, Collection[int]],
    sent: Sequence[Sent],
    is_over: Callable[[Store], Awaitable[bool]],
    clock: Clock,
    most_s: float,
) -> Played:
    """Run the bot until `is_over` or `most_s` seconds have passed. `settings` name a database that may be changed.

    `places`: each server's channels; `sent`: what the sandbox knows already. Raises StoreError, StartError.
    """
    with loopback_only() as refused:
        async with (
            PostBox(places) as discord,
            Sandbox(speed=float("inf"), credits=CREDITS, fetch=_nothing, small=True) as studio,
        ):
            for each in sent:
                body = {"operation": each.operation, "input": dict(each.input)}
                await studio.adopt(each.remote_id, each.secret, body)
            await _run(_made_safe(settings, studio.url, discord.url), is_over, clock, most_s)
            return Played(posted=discord.posted, refused=tuple(refused))


async def _nothing(_link: str) -> bytes | None:
    return None


def _made_safe(settings: Settings, studio: str, discord: str) -> Settings:
    return Settings(
        database=settings.database,
        secret_keys=settings.secret_keys,
        retention_days=0,  # nothing is erased
        cannon_api_url=studio,
        cannon_api_key=SecretStr(HOST_KEY),
        cannon_api_key_guilds="*",
        discord_api_url=discord,
        discord_token=SecretStr(TOKEN),
        practice="off",
        log_level=settings.log_level,
    )


async def _run(settings: Settings, is_over: Callable[[Store], Awaitable[bool]], clock: Clock, most_s: float) -> None:
    call_discord_at(settings.discord_api_url)
    bot = RehearsedBot(settings, clock=clock, serve_http=False, practice=NoPracticeStudio(), cdn=_nothing)
    try:
        await bot.login(TOKEN)
        until, pause = clock.monotonic() + most_s, asyncio.Event()
        while clock.monotonic() < until and not await is_over(bot.parts.store):
            await clock.wait(pause, LOOK_EVERY_S)
    finally:
        await bot.close()
        call_discord_at(DISCORD_API_URL)


class RehearsedBot(CannonBot):
    """A bot without a gateway, which finds servers by the REST API."""

    role = Role.WORKER

    def _guilds(self) -> Guilds:
        return FetchedGuilds(self, self.clock)

    def is_connected(self) -> bool:
        return not self.is_closed()


# ---------------------------------------------------------------------- this machine alone


@dataclass(slots=True)
class _Guard:
    """Python's audit hooks stay for good, so one is added once, and obeyed while `depth` is above 0."""

    depth: int = 0
    is_added: bool = False
    refused: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.depth or event not in _EVENTS:
            return
        host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = host[0] if isinstance(host, tuple) else host
        if not _is_here(host):
            self.refused.append(str(host))
            raise OSError(errno.ENETUNREACH, "a rehearsal stays on this machine")


_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})
_guard = _Guard()


@contextlib.contextmanager
def loopback_only() -> Iterator[list[str]]:
    """Refuse all connections and names but this machine's, in the whole process; yield the list of those refused.

    https://docs.python.org/3/library/audit_events.html has the events.
    """
    if not _guard.is_added:
        sys.addaudithook(_guard)
        _guard.is_added = True
    _guard.refused = []
    _guard.depth += 1
    try:
        yield _guard.refused
    finally:
        _guard.depth -= 1


def _is_here(host: object) -> bool:
    if not isinstance(host, str | bytes) or not host:
        return True  # a socket that is bound, or one of another family
    name = host.decode(errors="replace") if isinstance(host, bytes) else host
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.startswith(("/", "\0"))
