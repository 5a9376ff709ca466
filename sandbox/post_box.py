"""A Discord without gateway and memory, on loopback: it takes what a worker posts. For rehearsals.

Its routes are those that a worker calls (https://docs.discord.com/developers/reference); others do not exist there. It
knows the servers and channels that it is given, in which the bot may do everything.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Self

from aiohttp import BodyPartReader, web

Answer = tuple[int, Any]
Handler = Callable[["PostBox", Mapping[str, str], Any], Answer]

DISCORD_EPOCH_MS = 1_420_070_400_000
EVERYTHING = str((1 << 53) - 1)
"""All permissions."""
TEXT, DIRECT = 0, 1
"""Types of channels."""
UPLOAD_BYTES_MAX = 512 * 1024 * 1024
TOKEN_IS_OVER: Answer = (401, {"message": "", "code": 50027})
BOT_ID = "1"
BOT = {"id": BOT_ID, "username": "rehearsal", "discriminator": "0", "avatar": None, "bot": True}
_MEMBER_SINCE = "2026-01-01T00:00:00+00:00"


class PostBox:
    """The server; `url` is its address once it is entered, `posted` the number of messages that it has taken."""

    def __init__(self, places: Mapping[int, Collection[int]]) -> None:
        """`places`: the ids of each server's channels."""
        self.url = ""
        self.posted = 0
        self._channels = {channel: guild for guild, channels in places.items() for channel in channels}
        self._places = places
        self._numbers = itertools.count(1)
        self._messages: dict[str, dict[str, Any]] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=UPLOAD_BYTES_MAX)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        body, files = await _read(request)
        path = re.sub(r"^/api/v\d+", "", request.path)
        for method, pattern, handler in ROUTES:
            if request.method == method and (match := re.fullmatch(pattern, path)) is not None:
                status, answer = handler(self, match.groupdict(), {"json": body, "files": files})
                break
        else:
            status, answer = HTTPStatus.NOT_FOUND, {"message": "404: Not Found", "code": 0}
        if answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        # discord.py reads JSON of exactly this type only.
        return web.Response(
            status=status, body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"}
        )

    def new_id(self) -> str:
        return str((int(time.time() * 1000) - DISCORD_EPOCH_MS << 22) + next(self._numbers))

    def guild(self, names: Mapping[str, str], _sent: Any) -> Answer:
        guild_id = names["guild"]
        role = {"id": guild_id, "name": "@everyone", "permissions": EVERYTHING, "position": 0, "color": 0}
        role |= {"colors": {"primary_color": 0}, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
        return 200, {
            "id": guild_id, "name": "A server", "owner_id": BOT_ID, "roles": [role], "emojis": [], "features": [],
            "premium_tier": 0, "preferred_locale": "en-US", "verification_level": 0, "nsfw_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "afk_timeout": 0,
            "system_channel_flags": 0, "stickers": [],
        }  # fmt: skip

    def channels(self, names: Mapping[str, str], _sent: Any) -> Answer:
        guild_id = int(names["guild"])
        return 200, [_channel(each, guild_id) for each in self._places.get(guild_id, ())]

    def channel(self, names: Mapping[str, str], _sent: Any) -> Answer:
        channel_id = int(names["channel"])
        guild_id = self._channels.get(channel_id)
        if guild_id is None:
            return HTTPStatus.NOT_FOUND, {"message": "Unknown Channel", "code": 10003}
        return 200, _channel(channel_id, guild_id)

    def post(self, names: Mapping[str, str], sent: Any) -> Answer:
        self.posted += 1
        message = self._message(self.new_id(), names["channel"], sent)
        self._messages[message["id"]] = message
        return 200, message

    def edit(self, names: Mapping[str, str], sent: Any) -> Answer:
        message = self._message(names["message"], names["channel"], sent)
        self._messages[message["id"]] = message
        return 200, message

    def message(self, names: Mapping[str, str], _sent: Any) -> Answer:
        found = self._messages.get(names["message"])
        return 200, found or self._message(names["message"], names["channel"], {"json": {}, "files": []})

    def _message(self, message_id: str, channel_id: str, sent: Any) -> dict[str, Any]:
        body = sent["json"] or {}
        now = datetime.now(UTC).isoformat()
        return {
            "id": message_id, "channel_id": channel_id, "author": BOT, "content": body.get("content") or "",
            "timestamp": now, "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [],
            "mention_roles": [], "pinned": False, "type": 0, "flags": body.get("flags") or 0,
            "embeds": body.get("embeds") or [], "components": body.get("components") or [],
            "nonce": body.get("nonce"),
            "attachments": [self._attachment(channel_id, name, size) for name, size in sent["files"]],
        }  # fmt: skip

    def _attachment(self, channel_id: str, name: str, size: int) -> dict[str, Any]:
        own = self.new_id()
        url = f"https://cdn.discordapp.com/attachments/{channel_id}/{own}/{name}"
        return {"id": own, "filename": name, "size": size, "url": url, "proxy_url": url}


def _channel(channel_id: int, guild_id: int) -> dict[str, Any]:
    return {
        "id": str(channel_id), "type": TEXT, "guild_id": str(guild_id), "name": "channel", "position": 0,
        "permission_overwrites": [], "nsfw": False, "topic": None, "parent_id": None, "last_message_id": None,
        "rate_limit_per_user": 0,
    }  # fmt: skip


async def _read(request: web.Request) -> tuple[Any, list[tuple[str, int]]]:
    """Return a request's JSON, and the names and sizes of its files."""
    if request.content_type != "multipart/form-data":
        return (await request.json() if request.can_read_body else None), []
    body: Any = None
    files = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.filename is None:
            body = await part.json() if part.name == "payload_json" else body
        else:
            files.append((part.filename, len(await part.read())))
    return body, files


def _user(_box: PostBox, names: Mapping[str, str], _sent: Any) -> Answer:
    return 200, {"id": names["user"], "username": "member", "discriminator": "0", "avatar": None}


def _member(_box: PostBox, names: Mapping[str, str], _sent: Any) -> Answer:
    user = BOT if names["user"] == BOT_ID else {**BOT, "id": names["user"], "bot": False}
    return 200, {"user": user, "roles": [], "joined_at": _MEMBER_SINCE, "deaf": False, "mute": False, "flags": 0}


def _direct(box: PostBox, _names: Mapping[str, str], sent: Any) -> Answer:
    user = {**BOT, "id": str(sent["json"]["recipient_id"]), "bot": False}
    return 200, {"id": box.new_id(), "type": DIRECT, "recipients": [user], "last_message_id": None}


def _application(_box: PostBox, _names: Mapping[str, str], _sent: Any) -> Answer:
    return 200, {
        "id": BOT_ID, "name": "rehearsal", "description": "", "icon": None, "rpc_origins": [], "summary": "",
        "bot_public": False, "bot_require_code_grant": False, "owner": BOT, "verify_key": "", "team": None, "flags": 0,
    }  # fmt: skip


def _refreshed(_box: PostBox, _names: Mapping[str, str], sent: Any) -> Answer:
    links = sent["json"].get("attachment_urls") or []
    return 200, {"refreshed_urls": [{"original": each, "refreshed": each} for each in links]}


def _always(answer: Answer) -> Handler:
    return lambda _box, _names, _sent: answer


_CHANNEL, _MESSAGE = r"/channels/(?P<channel>\d+)", r"/channels/(?P<channel>\d+)/messages/(?P<message>\d+)"
_GUILD = r"/guilds/(?P<guild>\d+)"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", r"/users/@me", _always((200, BOT))),
    ("GET", r"/(oauth2/)?applications/@me", _application),
    ("GET", r"/users/(?P<user>\d+)", _user),
    ("POST", r"/users/@me/channels", _direct),
    ("GET", _GUILD, PostBox.guild),
    ("GET", f"{_GUILD}/channels", PostBox.channels),
    ("GET", f"{_GUILD}/threads/active", _always((200, {"threads": [], "members": []}))),
    ("GET", rf"{_GUILD}/members/(?P<user>\d+)", _member),
    ("GET", _CHANNEL, PostBox.channel),
    ("GET", f"{_CHANNEL}/messages", _always((200, []))),
    ("POST", f"{_CHANNEL}/messages", PostBox.post),
    ("GET", _MESSAGE, PostBox.message),
    ("PATCH", _MESSAGE, PostBox.edit),
    ("DELETE", _MESSAGE, _always((204, None))),
    ("PUT", f"{_MESSAGE}/reactions/.*", _always((204, None))),
    ("POST", r"/attachments/refresh-urls", _refreshed),
    ("GET", r"/webhooks/.*", _always(TOKEN_IS_OVER)),
    ("POST", r"/webhooks/.*", _always(TOKEN_IS_OVER)),
    ("PATCH", r"/webhooks/.*", _always(TOKEN_IS_OVER)),
    ("DELETE", r"/webhooks/.*", _always(TOKEN_IS_OVER)),
)
