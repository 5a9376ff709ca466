"""Discord's gateway over a real WebSocket: HELLO, IDENTIFY, RESUME, heartbeats, and the world's events as text frames.

Facts: Discord's gateway documentation, and what discord.py 2.7.1 was seen to need (it takes text frames although it
asks for compression).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import discord
from aiohttp import WSMsgType, web
from simcord import intents as intent_rules
from simcord.backend import serializers

from tests.support.wire.world import World

HEARTBEAT_MS = 41_250
BACKLOG_EVENTS = 2_000
"""How many events a session can replay after a RESUME."""
AUTHENTICATION_FAILED, DISALLOWED_INTENTS = 4004, 4014


class Op(IntEnum):
    """The gateway's opcodes that matter here."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    ACK = 11


class Session:
    """One identified bot: its intents, its shard and the events it was sent. It outlives its socket, for RESUME."""

    def __init__(self, world: World, client: str, identify: Mapping[str, Any]) -> None:
        self.client = client
        """The last part of the address that the bot connected to: its process id, see child.py."""
        self.id = secrets.token_hex(16)
        self.intents = discord.Intents._from_value(identify["intents"])
        shard: tuple[int, int] = identify.get("shard") or (0, 1)
        self.shard_id, self.shard_count = shard
        self.outbox: asyncio.Queue[str] | None = None
        self.interactions: list[int] = []
        """The ids of those that it was sent, oldest first."""
        self._world = world
        self._sequence = 0
        self._backlog: deque[tuple[int, str]] = deque(maxlen=BACKLOG_EVENTS)

    def owns(self, event: str, payload: Mapping[str, Any]) -> bool:
        """Whether the event belongs to this shard; what has no guild belongs to shard 0."""
        guild_id = payload.get("id") if event.startswith("GUILD_") and "guild_id" not in payload else None
        guild_id = payload.get("guild_id") or guild_id
        return self.shard_id == ((int(guild_id) >> 22) % self.shard_count if guild_id else 0)

    def feed(self, event: str, payload: Mapping[str, Any]) -> None:
        """Send an event of the world, if this bot's intents and shard let it through."""
        gate = intent_rules.required_intent(event, payload)
        if (gate is not None and not getattr(self.intents, gate)) or not self.owns(event, payload):
            return
        if event == "INTERACTION_CREATE":
            self.interactions.append(int(payload["id"]))
        shaped = deepcopy(dict(payload))
        self._shape(event, shaped)
        self.dispatch(event, shaped)

    def dispatch(self, event: str, data: Mapping[str, Any]) -> None:
        """Number, remember and send one event as it is."""
        self._sequence += 1
        data = self._world.cdn.signed(dict(data))
        frame = json.dumps({"op": Op.DISPATCH, "t": event, "s": self._sequence, "d": data})
        self._backlog.append((self._sequence, frame))
        if self.outbox is not None:
            self.outbox.put_nowait(frame)

    def resume(self, outbox: asyncio.Queue[str], sequence: int) -> bool:
        """Replay what came after that number; False if some of it is forgotten."""
        if sequence > self._sequence or (self._backlog and self._backlog[0][0] > sequence + 1):
            return False
        for number, frame in self._backlog:
            if number > sequence:
                outbox.put_nowait(frame)
        self.outbox = outbox
        self.dispatch("RESUMED", {"_trace": []})
        return True

    def _shape(self, event: str, payload: dict[str, Any]) -> None:
        bot_id = self._world.backend.bot_user.id
        if event in {"GUILD_CREATE", "GUILD_UPDATE"}:
            payload["premium_tier"] = self._world.boost_tiers.get(int(payload["id"]), 0)
        if event == "GUILD_CREATE":
            intent_rules.prune_guild_create(payload, self.intents, bot_id)
        if event == "MESSAGE_REACTION_ADD":  # simcord leaves it out
            shown = self._world.backend.messages.get(int(payload["channel_id"]), {}).get(int(payload["message_id"]))
            payload |= {} if shown is None else {"message_author_id": str(shown.author_id)}
        if event == "INTERACTION_CREATE":
            guild_id = payload.get("guild_id")
            payload["attachment_size_limit"] = self._world.upload_limit(int(guild_id) if guild_id else None)
        if not self.intents.message_content:
            self._censor(event, payload, bot_id)

    def _censor(self, event: str, payload: dict[str, Any], bot_id: int) -> None:
        """Empty the messages that a bot without the message content intent may not read."""
        backend = self._world.backend
        if event in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
            intent_rules.censor_message(payload, bot_id, backend=backend)
        elif event == "INTERACTION_CREATE" and isinstance(payload.get("message"), dict):
            intent_rules.censor_message(payload["message"], bot_id, backend=backend, exempt_root=True)


@dataclass(frozen=True, slots=True)
class Start:
    """One identify: when (monotonic seconds), of which shard, by which client, and with whom it shares the shard."""

    at: float
    shard_id: int
    client: str
    beside: tuple[str, ...]
    """The clients that were connected as the same shard."""


class Gateway:
    """The sockets and the sessions; several bots may be connected at once, each gets every event."""

    def __init__(self, world: World, token: str, privileged: frozenset[str]) -> None:
        self.sessions: dict[str, Session] = {}
        self.url = ""
        self.identifies = 0
        self.starts: list[Start] = []
        self.resumes = 0
        self.outages: set[int] = set()
        """The servers that READY lists, and of which no more comes: Discord has trouble with them."""
        self._world = world
        self._token = token
        self._privileged = privileged
        self._sockets: dict[web.WebSocketResponse, Session | None] = {}
        world.backend.subscribers.append(self._broadcast)

    @property
    def live(self) -> list[Session]:
        """The sessions with an open socket."""
        return [session for session in self._sockets.values() if session is not None]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection from HELLO until it closes."""
        socket = web.WebSocketResponse(max_msg_size=4096, compress=False)
        await socket.prepare(request)
        self._sockets[socket] = None
        outbox: asyncio.Queue[str] = asyncio.Queue()
        outbox.put_nowait(json.dumps({"op": Op.HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS}}))
        sender = asyncio.create_task(self._drain(socket, outbox))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(socket, outbox, json.loads(message.data), request)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._leave(socket)
        return socket

    async def disconnect(self, *, resumable: bool = True, code: int = 4000) -> None:
        """Close every socket as Discord does now and then; without `resumable` the sessions are forgotten too.

        `code` is Discord's reason, 4004 for a token that is no longer good.
        """
        for socket, session in list(self._sockets.items()):
            # Detached first: aiohttp reports a close of ours as 1000, which would look like the client's goodbye.
            self._detach(socket)
            if session is not None and not resumable:
                self.sessions.pop(session.id, None)
            await socket.close(code=code)

    async def _receive(
        self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], frame: Any, request: web.Request
    ) -> None:
        data = frame.get("d")
        match frame["op"]:
            case Op.HEARTBEAT:
                outbox.put_nowait(json.dumps({"op": Op.ACK}))
            case Op.IDENTIFY:
                await self._identify(socket, outbox, data, request)
            case Op.RESUME:
                await self._resume(socket, outbox, data)
            case Op.REQUEST_MEMBERS:
                self._members(self._sockets[socket], data)
        self._world.ring()

    async def _identify(
        self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Any, request: web.Request
    ) -> None:
        if data["token"] != self._token:
            await socket.close(code=AUTHENTICATION_FAILED, message=b"Authentication failed.")
            return
        client = request.match_info.get("client", "")
        session = Session(self._world, client, data)
        refused = [name for name in intent_rules.PRIVILEGED_INTENTS if getattr(session.intents, name)]
        if not self._privileged.issuperset(refused):
            await socket.close(code=DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
            return
        self.identifies += 1
        beside = tuple(each.client for each in self.live if each.shard_id == session.shard_id)
        self.starts.append(Start(time.monotonic(), session.shard_id, client, beside))
        session.outbox = outbox
        self.sessions[session.id] = session
        self._sockets[socket] = session
        # By the way it has come: what is between it and this server is between them again.
        self._welcome(session, f"{self.url.partition(':')[0]}://{request.host}{request.path}")

    def _welcome(self, session: Session, resume_url: str) -> None:
        backend = self._world.backend
        guilds = [guild for guild in backend.guilds.values() if session.owns("", {"guild_id": guild.id})]
        session.dispatch("READY", {
            "v": 10,
            "user": dict(serializers.user_payload(backend.bot_user)),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": resume_url,
            "shard": [session.shard_id, session.shard_count],
            "application": {"id": str(backend.application_id), "flags": 0},
        })  # fmt: skip
        for guild in guilds:
            if guild.id not in self.outages:
                session.feed("GUILD_CREATE", serializers.guild_create_payload(backend, guild))

    def end_outages(self) -> None:
        """Send what was kept back."""
        while self.outages:
            guild = self._world.backend.guilds[self.outages.pop()]
            self._broadcast("GUILD_CREATE", serializers.guild_create_payload(self._world.backend, guild))

    async def _resume(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str], data: Any) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._token or not session.resume(outbox, data["seq"]):
            outbox.put_nowait(json.dumps({"op": Op.INVALID_SESSION, "d": False}))
            return
        self.resumes += 1
        self._sockets[socket] = session

    def _members(self, session: Session | None, data: Any) -> None:
        guild = self._world.backend.guilds.get(int(data["guild_id"]))
        if session is None or guild is None:
            return
        wanted = data.get("user_ids")
        ids = {int(one) for one in (wanted if isinstance(wanted, list) else [wanted])} if wanted else set(guild.members)
        found = [
            serializers.member_payload(self._world.backend, guild, member)
            for user_id, member in guild.members.items()
            if user_id in ids
        ]
        chunk = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", {**chunk, "nonce": data.get("nonce")})

    def _broadcast(self, event: str, payload: Mapping[str, Any]) -> None:
        for session in self.sessions.values():
            session.feed(event, payload)

    async def _drain(self, socket: web.WebSocketResponse, outbox: asyncio.Queue[str]) -> None:
        while True:
            frame = await outbox.get()
            try:
                await socket.send_str(frame)
            except ConnectionError:
                return  # the bot is gone; its session keeps the events

    def _detach(self, socket: web.WebSocketResponse) -> Session | None:
        session = self._sockets.pop(socket, None)
        if session is not None:
            session.outbox = None
        return session

    def _leave(self, socket: web.WebSocketResponse) -> None:
        session = self._detach(socket)
        if session is not None and socket.close_code in {1000, 1001}:
            self.sessions.pop(session.id, None)  # a client that says goodbye ends its session; a killed one does not
        self._world.ring()
