"""A Discord served over loopback sockets, for tests that start, kill and restart the real bot process.

The world (guilds, channels, messages, files, interactions, registered commands) lives in the test's process and
outlasts every bot. Members are simcord's `MemberActor`, guilds and channels its handles; what a member may not do or
see is refused as in simcord. Everything waits on changes of the world, never on sleeps.

    async with WireDiscord() as discord:
        guild = discord.create_guild("Studio")
        channel = discord.create_text_channel(guild, "art")
        ada = discord.add_member(guild, "ada")
        async with BotProcess(discord, ["run"], tmp_path / "bot.log", env=...) as bot:   # bot.py
            await bot.online()
            reply = await discord.slash(ada, channel, "image generate", prompt="a cannon")
            await discord.until(lambda: reply.message.attachments)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import discord as dpy
from aiohttp import web
from simcord.actors import MemberActor
from simcord.backend import serializers
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle, UserHandle
from simcord.results import InteractionResult

from tests.support.wire.calls import Call, Fault, GlobalLimit, Pace
from tests.support.wire.gateway import Gateway
from tests.support.wire.rest import API, Rest
from tests.support.wire.world import Posted, Reply, World

TOKEN = ".".join(("w" * 24, "wire", "w" * 27))
"""Shaped like a bot token, so that the settings take it."""
BACKLOG = 4096
"""aiohttp's 128 makes a burst of clicks wait a second for the SYN to be sent again."""
WAIT_S = 240.0
"""No wait for an event is this long unless it hangs: a process takes two seconds to start, or fifteen among others."""
ANSWER_S = 15.0
"""Discord waits 3 s for the first answer: https://discord.com/developers/docs/interactions/receiving-and-responding. A
machine with much else to do needs more."""
T = TypeVar("T")


class WireDiscord:
    """See the module. `backend` is simcord's world itself, for whatever has no method here."""

    def __init__(
        self, *, token: str = TOKEN, privileged_intents: Iterable[str] = (), answer_deadline_s: float = ANSWER_S
    ) -> None:
        privileged = frozenset(privileged_intents)
        self.token = token
        self.world = World(answer_deadline_s)
        self.backend = self.world.backend
        self.clock = self.world.clock
        self.gateway = Gateway(self.world, token, privileged)
        self.rest = Rest(self.world, token, message_content="message_content" in privileged)
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._held: list[Fault] = []

    # ------------------------------------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/{client}", self.gateway.serve)
        app.router.add_get("/cdn/attachments/{channel_id}/{attachment_id:[0-9]+}/{name}", self.rest.serve_file)
        app.router.add_route("*", API + "/{path:.*}", self.rest.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=BACKLOG).start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        self.gateway.url = self.rest.gateway_url = f"ws://127.0.0.1:{port}/gateway"
        self.world.cdn.prefix = f"{self.url}/cdn/attachments/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fault in self._held:
            fault.release()
        await self.gateway.disconnect(resumable=False)
        assert self._runner is not None
        await self._runner.cleanup()
        if error is None:
            assert not self.rest.gaps, f"the bot asked for what this Discord cannot do: {self.rest.gaps}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that point a bot process here (see child.py); the token's variable is the bot's own."""
        return {"WIRE_DISCORD_URL": self.url}

    async def until(self, predicate: Callable[[], T], timeout: float = WAIT_S) -> T:  # noqa: ASYNC109 - the bound is what the caller sets
        """Return the predicate's first true value, tried after each change of the world; else raise TimeoutError."""
        try:
            return await self.world.until(predicate, timeout)
        except TimeoutError:
            tail = [f"{call.method} {call.path} -> {call.status}" for call in self.rest.calls[-8:]]
            raise TimeoutError(
                f"not true within {timeout} s; sessions {len(self.gateway.live)}, last requests {tail}"
            ) from None

    async def connected(self, timeout: float = WAIT_S) -> None:  # noqa: ASYNC109 - the same
        """Wait until a bot has identified; from then on it is sent interactions."""
        await self.until(lambda: self.gateway.live, timeout)

    async def disconnect(self, *, resumable: bool = True) -> None:
        """Close the gateway's sockets from Discord's side."""
        await self.gateway.disconnect(resumable=resumable)

    # ------------------------------------------------------------------------------------------------ building

    def create_guild(self, name: str = "Studio") -> GuildHandle:
        return GuildHandle(self.world, self.backend.create_guild(name))  # type: ignore[arg-type]  # World replaces simcord's Env

    def create_text_channel(self, guild: GuildHandle, name: str = "general", **fields: Any) -> ChannelHandle:
        """`fields` as simcord's `GuildHandle.create_text_channel`: topic, category, overwrites."""
        return guild.create_text_channel(name, **fields)

    def add_member(
        self,
        guild: GuildHandle,
        name: str = "ada",
        *,
        permissions: dpy.Permissions | None = None,
        roles: Sequence[RoleHandle] = (),
    ) -> MemberActor:
        """Add a new user; `permissions` come as a role of their own."""
        own = [guild.create_role(f"{name}'s", permissions=permissions)] if permissions else []
        user = UserHandle(self.world, self.backend.make_user(name))  # type: ignore[arg-type]  # as above
        return guild.add_member(user, roles=[*roles, *own])

    def set_bot_permissions(self, guild: GuildHandle, permissions: dpy.Permissions) -> None:
        """Change what the bot's own role allows in the guild."""
        roles = self.backend.get_guild(guild.id).roles.values()
        own = next(role for role in roles if role.managed)
        self.backend.edit_role(guild.id, own.id, {"permissions": permissions.value})

    def set_boost_tier(self, guild: GuildHandle, tier: int) -> None:
        """Set the guild's boost tier 0-3 and with it the upload limit 10, 10, 50 or 100 MiB."""
        self.world.boost_tiers[guild.id] = tier
        self.backend.emit("GUILD_UPDATE", serializers.guild_create_payload(self.backend, self.backend.guilds[guild.id]))

    def set_upload_limit(self, guild: GuildHandle, limit_bytes: int) -> None:
        """Set the largest file that the guild really takes, whatever its boost tier lets the bot believe."""
        self.world.upload_limits[guild.id] = limit_bytes

    def kick_bot(self, guild: GuildHandle) -> None:
        self.backend.remove_guild(guild.id)

    def delete_channel(self, channel: ChannelHandle) -> None:
        self.backend.delete_channel(channel.id)

    def delete_message(self, message: Posted) -> None:
        self.backend.delete_message(message.channel_id, message.id)

    # ------------------------------------------------------------------------------------------------ acting

    async def slash(
        self, member: MemberActor, channel: ChannelHandle, command: str, /, *, wait_s: float = WAIT_S, **options: Any
    ) -> Reply:
        """Run a synced command, e.g. "image generate"; files are (name, bytes) tuples.

        Returns at the bot's first answer (a deferral counts); with `wait_s=0` at once.
        """
        return await self._ask(member.slash(channel, command, **options), wait_s)

    async def menu(
        self,
        member: MemberActor,
        channel: ChannelHandle,
        command: str,
        target: Posted | MemberActor,
        wait_s: float = WAIT_S,
    ) -> Reply:
        """Run a context menu command on a message or a member."""
        return await self._ask(member.context_menu(channel, command, target), wait_s)

    async def click(self, member: MemberActor, message: Posted, custom_id: str, wait_s: float = WAIT_S) -> Reply:
        return await self._ask(member.click(message, custom_id=custom_id), wait_s)

    async def select(
        self,
        member: MemberActor,
        message: Posted,
        values: Sequence[Any],
        custom_id: str | None = None,
        wait_s: float = WAIT_S,
    ) -> Reply:
        return await self._ask(member.select(message, values, custom_id=custom_id), wait_s)

    async def submit_modal(
        self, member: MemberActor, shown: Reply, values: dict[str, Any], wait_s: float = WAIT_S
    ) -> Reply:
        """Fill the modal that the bot answered with; values by the fields' custom ids."""
        return await self._ask(member.submit_modal(shown, values), wait_s)

    async def autocomplete(
        self, member: MemberActor, channel: ChannelHandle, command: str, option: str, typed: str, /, **filled: Any
    ) -> list[dict[str, Any]]:
        """Type into an option; returns the choices offered (name, value)."""
        known = len(self.backend.interactions)
        await member.autocomplete(channel, command, option, typed, **filled)
        record = list(self.backend.interactions.values())[known]
        await self.until(lambda: record.responded)
        return record.autocomplete_choices or []

    async def react(self, member: MemberActor, message: Posted, emoji: str) -> None:
        await member.react(message, emoji)

    def post(
        self, member: MemberActor, channel: ChannelHandle, content: str = "", files: Sequence[tuple[str, bytes]] = ()
    ) -> Posted:
        """Post a message as this member."""
        stored = self.backend.store_attachments(channel.id, files)
        return Posted(self.world, self.backend.create_message(channel.id, member.id, content, attachments=stored))  # type: ignore[arg-type]  # as above

    async def _ask(self, act: Awaitable[InteractionResult], wait_s: float) -> Reply:
        if wait_s and not self.gateway.live:
            getattr(act, "close", lambda: None)()
            raise RuntimeError("no bot is connected, so Discord would drop this interaction; pass wait_s=0 to do so")
        reply = Reply(self.world, (await act)._interaction)  # type: ignore[arg-type]  # as above
        if wait_s:
            await self.until(lambda: reply.acknowledged, wait_s)
        return reply

    # ------------------------------------------------------------------------------------------------ looking

    def messages(self, channel: ChannelHandle, *, ephemeral: bool = False) -> list[Posted]:
        """Return the channel's messages, oldest first; private answers only on request."""
        found = sorted(self.backend.messages.get(channel.id, {}).values(), key=lambda message: message.id)
        return [Posted(self.world, one) for one in found if ephemeral or not one.is_ephemeral]  # type: ignore[arg-type]  # as above

    def direct_messages(self, member: MemberActor) -> list[Posted]:
        return self.messages(member.user.dm_channel)

    def attachment_bytes(self, attachment: dict[str, Any]) -> bytes:
        """Return the content of an attachment (one of `Posted.attachments`)."""
        content = self.world.cdn.files[int(attachment["id"])].content
        assert content is not None, "too big to be kept; compare its sha256 in world.cdn.files"
        return content

    def calls(self, method: str = "*", pattern: str = "*") -> list[Call]:
        """Return the bot's requests so far, e.g. `calls("PATCH", "/webhooks/*/messages/@original")`."""
        return [call for call in self.rest.calls if call.matches(method, pattern)]

    def in_hand(self) -> list[Reply]:
        """Return the interactions at which a connected bot may be working: what it does for them is still to come.

        That is until its answer is more than a deferral, or the time for a first answer has passed without one.
        """
        now = self.backend.now_iso()
        sent = (self.backend.interactions[each] for session in self.gateway.live for each in session.interactions)
        return [
            Reply(self.world, record)  # type: ignore[arg-type]  # as above
            for record in sent
            if record.loading or (not record.responded and now < (record.initial_response_deadline or ""))
        ]

    def commands(self) -> dict[str, dict[str, Any]]:
        """Return the global commands that the bot has registered, by name."""
        return {name: command for (name, _type), command in self.backend.commands.get(None, {}).items()}

    # ------------------------------------------------------------------------------------------------ going wrong

    def fault(
        self,
        method: str,
        pattern: str,
        *,
        status: int | None,
        code: int = 0,
        message: str = "fault",
        commit: bool = False,
        hold: bool = False,
        times: int = 1,
        retry_after_s: float = 0.05,
        is_global: bool = False,
        is_html: bool = False,
    ) -> Fault:
        """Let the next `times` requests that match go wrong; the pattern is fnmatch's, on the path without /api/v10.

        `status`: what to answer (None cuts the connection, 200 answers truly). `commit`: whether the request takes
        effect first (the lost reply). `hold`: wait before answering until `release()`; `reached` is set when a
        request has come there, which is the moment to kill the bot. `is_global`: a 429 for the sum of all calls;
        `is_html`: the answer of the network in front of Discord, a web page without any of Discord's headers.
        """
        fault = Fault(
            method=method, pattern=pattern, status=status, code=code, message=message, commit=commit,
            times=times, retry_after_s=retry_after_s, is_global=is_global, is_html=is_html,
        )  # fmt: skip
        if not hold:
            fault.release()
        self._held.append(fault)
        self.rest.faults.append(fault)
        return fault

    def pace(self, method: str, pattern: str, *, limit: int, per_s: float) -> None:
        """Set a rate limit per channel or webhook, sent in headers and enforced with 429."""
        self.rest.paces.append(Pace(method=method, pattern=pattern, limit=limit, per_s=per_s))

    def pace_all(self, *, limit: int = 50, seconds: float = 1.0, now: Callable[[], float]) -> GlobalLimit:
        """Enforce Discord's limit for the sum of the bot's calls: so many in any `seconds`, else a global 429."""
        self.rest.global_limit = GlobalLimit(limit=limit, seconds=seconds, now=now)
        return self.rest.global_limit
