"""Servers with their members, a Discord and a Cannon Studio that outlive the bot, and the bot's lives."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from discord import Permissions
from PIL import Image
from simcord.actors import MemberActor
from simcord.backend.errors import BackendError
from simcord.builders import ChannelHandle, GuildHandle

from bot.domain.models import AccountStatus
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.runtime.clock import SystemClock
from bot.store import Store
from sandbox.server import Sandbox
from tests.soak.plan import MEMBERS_EACH, SERVERS, Act
from tests.soak.soaked_bot import CLOCK, ClockError
from tests.support.rig import HOST_KEY
from tests.support.wire.bot import BotProcess
from tests.support.wire.calls import GlobalLimit
from tests.support.wire.server import WireDiscord
from tests.support.wire.world import Posted

PLENTY, POOR = 1_000_000, 600
"""Credits of an account; that of server 1, the poor one, runs out of them."""
LIMITED, LIMIT = 3, Decimal(500)
"""The server with a limit, and that limit in credits."""
WITH_APPROVAL, APPROVE_ABOVE = 5, Decimal(15)
"""The server whose moderators are asked for what costs more than so many credits."""
CALLS_A_SECOND = 50
"""What Discord allows a bot: https://discord.com/developers/docs/topics/rate-limits (global rate limit)."""
AGAIN, APPROVE, CANCEL, DO_NOT_POST, EMOJI = "Re-run", "Approve", "Cancel", "Don't post", "🔁"


class Town:
    """A Discord with so many servers; every second one has a key of its own, the others use the host's."""

    def __init__(
        self,
        discord: WireDiscord,
        sandbox: Sandbox,
        folder: Path,
        *,
        servers: int = SERVERS,
        members: int = MEMBERS_EACH,
    ) -> None:
        self.discord = discord
        self.sandbox = sandbox
        self.folder = folder
        self.database = folder / "bot.db"
        self.log = folder / "bot.log"
        self.clock = ClockError(folder / "clock")
        self.servers = [Server(self, number, members) for number in range(servers)]
        self.deleted: set[int] = set()
        """The messages of the bot that members have deleted."""
        sandbox.add_key(HOST_KEY, credits=PLENTY)
        self.calls = discord.rest.global_limit = GlobalLimit(limit=CALLS_A_SECOND, seconds=1.0)

    def life(self) -> BotProcess:
        """Return one life of the bot."""
        env = {
            "DISCORD_TOKEN": self.discord.token,
            "CANNON_API_URL": self.sandbox.url,
            "CANNON_API_KEY": HOST_KEY,
            "CANNON_API_KEY_GUILDS": "*",
            "DATABASE": str(self.database),
            "HEALTH_PORT": "0",
            "LOG_FORMAT": "json",
            "TMPDIR": str(self.folder),
            CLOCK: str(self.folder / "clock"),
            # Some leaks are only told by a warning when the object is destroyed.
            "PYTHONWARNINGS": "default::ResourceWarning,default::RuntimeWarning",
        }
        return BotProcess(self.discord, ["run"], self.log, env=env, module="tests.soak.soaked_bot")

    @contextlib.asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        store = await Store.open(self.database, clock=SystemClock())
        try:
            yield store
        finally:
            await store.close()

    async def settle_in(self) -> None:
        """Give every second server its key, one its limit, and one its approvals."""
        status = AccountStatus(credits=Decimal(PLENTY), plan="creator", scopes=())
        async with self.store() as store:
            for server in self.servers:
                if server.key != HOST_KEY:
                    self.sandbox.add_key(server.key, credits=POOR if server.number == 1 else PLENTY)
                    await store.keys.set(server.guild.id, server.key, set_by=server.members[0].id, status=status)
            limit = Limit(scope=Scope.SERVER, period=Period.TOTAL, credits=LIMIT)
            await store.limits.set(self.servers[LIMITED].guild.id, limit, by_id=self.servers[LIMITED].members[0].id)

            asks = self.servers[WITH_APPROVAL]
            await store.settings.change(
                asks.guild.id,
                lambda rules: replace(rules, approve_above=APPROVE_ABOVE, approval_channel=asks.questions.id),
            )

    def ask_database(self, query: str, *values: Any) -> list[Any]:
        """Read the bot's database from outside, while it runs; [] as long as it has no tables."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()

    def messages(self) -> Iterator[Posted]:
        """Give every message of the bot that is there, in whatever place."""
        backend = self.discord.backend
        for there in list(backend.messages.values()):
            for message in list(there.values()):
                if message.author_id == backend.bot_user.id:
                    yield Posted(self.discord.world, message)  # type: ignore[arg-type]  # as WireDiscord does

    async def do(self, act: Act) -> None:
        """Let a member do something; whether a bot is there to hear of it is none of their business."""
        server = self.servers[act.server]
        with contextlib.suppress(BackendError):  # what they press may be gone at that moment
            await getattr(server, act.kind)(server.members[act.member], **act.options)


class Server:
    """A server, and what its members do there. Each act may find nothing to act on."""

    def __init__(self, town: Town, number: int, members: int) -> None:
        self._town = town
        self._discord = discord = town.discord
        self.number = number
        self.guild: GuildHandle = discord.create_guild(f"Server {number}")
        self.channel: ChannelHandle = discord.create_text_channel(self.guild, "art")
        self.members: list[MemberActor] = [
            discord.add_member(self.guild, f"member{number}x{each}") for each in range(members)
        ]
        self.questions: ChannelHandle = discord.create_text_channel(self.guild, "questions")
        self.moderator = discord.add_member(self.guild, f"mod{number}", permissions=Permissions(manage_guild=True))
        own = f"cs_test_soak_server_{number:04}"
        self.keys = (own, f"{own}_second") if number % 2 else (HOST_KEY,)
        """Its first key, and the one that may replace it, of another account."""

    @property
    def key(self) -> str:
        return self.keys[0]

    async def picture(self, member: MemberActor, *, prompt: str, private: bool, count: int, **_: Any) -> None:
        await self._slash(member, "image generate", prompt=prompt, private=private, count=count)

    async def enhanced(self, member: MemberActor, *, prompt: str, private: bool, **_: Any) -> None:
        await self._slash(member, "batch", operation="image.generate", prompts=prompt, private=private, enhance=True)

    async def edit(self, member: MemberActor, *, prompt: str, **_: Any) -> None:
        await self._slash(member, "image edit", prompt=prompt, image=("a.png", _picture()))

    async def video(self, member: MemberActor, *, prompt: str, private: bool, **_: Any) -> None:
        await self._slash(member, "video generate", prompt=prompt, private=private)

    async def text(self, member: MemberActor, *, prompt: str, private: bool, **_: Any) -> None:
        await self._slash(member, "prompt", **{"for": "image"}, prompt=prompt, private=private)

    async def again(self, member: MemberActor, *, pick: float, **_: Any) -> None:
        await self._press(member, self._some(pick, lambda message: bool(_buttons(message, AGAIN))), AGAIN)

    async def react(self, member: MemberActor, *, pick: float, **_: Any) -> None:
        found = self._some(pick, lambda message: bool(message.attachments))
        if found is not None and EMOJI not in found.reactions:
            await self._discord.react(member, found, EMOJI)

    async def cancel(self, member: MemberActor, *, pick: float, **_: Any) -> None:
        for label in (CANCEL, DO_NOT_POST):
            found = self._some(pick, lambda message, label=label: bool(_buttons(message, label)))
            if found is not None:
                await self._press(member, found, label)
                return

    async def delete(self, member: MemberActor, *, pick: float, **_: Any) -> None:
        found = self._some(pick, lambda message: True)
        if found is not None:
            self._town.deleted.add(found.id)
            self._discord.delete_message(found)

    async def approve(self, _: MemberActor, *, pick: float, **__: Any) -> None:
        asks = self._town.servers[WITH_APPROVAL]
        asked = asks._some(pick, lambda message: bool(_buttons(message, APPROVE)), asks.questions)
        await self._press(asks.moderator, asked, APPROVE)

    async def _press(self, member: MemberActor, message: Posted | None, label: str) -> None:
        if message is not None:
            await self._discord.click(member, message, _buttons(message, label)[0], wait_s=0)

    async def _slash(self, member: MemberActor, command: str, **options: Any) -> None:
        await self._discord.slash(member, self.channel, command, wait_s=0, **options)

    def _some(self, pick: float, fits: Any, channel: ChannelHandle | None = None) -> Posted | None:
        """Return one of the bot's newest messages in the channel that fits."""
        bot_id = self._discord.backend.bot_user.id
        newest = self._discord.messages(channel or self.channel)[-20:]
        mine = [each for each in newest if each.author_id == bot_id and fits(each)]
        return mine[int(pick * len(mine))] if mine else None


def _buttons(message: Posted, label: str) -> list[str]:
    """Return the custom ids of the message's buttons with this label, whatever price is behind it."""
    return [each["custom_id"] for each in message.buttons if each.get("label", "").partition(" · ")[0] == label]


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "PNG")
    return out.getvalue()


async def sleep_until(at: float) -> None:
    """Return when the event loop's time is `at`."""
    await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
