"""Facts about Discord that the bot relies on, each once, with its source.

Sources: https://discord.com/developers/docs/ with the page named at each group; discord.py where it decides.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
import discord

from bot.delivery import texts
from bot.language import Text

# ---------------------------------------------------------------------- files (reference: "Uploading Files")

MIB = 1024 * 1024
FILE_LIMIT_BYTES = 10 * MIB
"""Largest file without boosts; `Guild.filesize_limit` is a server's own."""
REQUEST_LIMIT_BYTES = 25 * MIB
"""Largest request with all files; a boosted server's file limit may exceed it."""
FILES_PER_MESSAGE = 10
ALT_TEXT_CHARS = 1024

# ---------------------------------------------------------------------- messages (resources: message, components)

NONCE_CHARS = 25
"""Longest nonce; within a few minutes Discord sends no second message with it."""
LOADING = 1 << 7
"""The flag of a deferred response that still says "thinking…"."""
BUTTONS_PER_MESSAGE, BUTTONS_PER_ROW, ROWS_PER_MESSAGE = 25, 5, 5
"""A select takes a row of its own."""
CONTENT_CHARS = 2000
EMBED_TITLE_CHARS, EMBED_DESCRIPTION_CHARS, EMBED_FIELD_CHARS = 256, 4096, 1024
EMBED_AUTHOR_CHARS = 256
EMBEDS_CHARS, TEXT_DISPLAYS_CHARS = 6000, 4000
"""Of all embeds of a message, and of all its texts in panels."""
COMPONENTS_PER_MESSAGE = 40
"""Of a panel, those inside others too; the pictures of a gallery are none."""
OPTIONS_PER_SELECT = 25
REACTIONS_PER_MESSAGE = 20

# ---------------------------------------------------------------------- error codes (topics: opcodes and status codes)

UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE = 10003, 10004, 10008
UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN = 10015, 50027
"""An expired interaction token."""
UNKNOWN_INTERACTION, ALREADY_ANSWERED = 10062, 40060
MISSING_ACCESS, CANNOT_MESSAGE_USER, MISSING_PERMISSION = 50001, 50007, 50013
REQUEST_TOO_LARGE = 40005
THREAD_ARCHIVED, TOO_MANY_EDITS_OF_OLD_MESSAGE = 50083, 30046
PAYLOAD_TOO_LARGE_STATUS, BAD_REQUEST_STATUS = 413, 400

TOKEN_EXPIRED = frozenset({UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN})
"""The token no longer reaches its response."""
DEAD_INTERACTION = frozenset({UNKNOWN_INTERACTION, ALREADY_ANSWERED})
"""The interaction can no longer be answered."""
MESSAGE_GONE = TOKEN_EXPIRED | {UNKNOWN_MESSAGE, TOO_MANY_EDITS_OF_OLD_MESSAGE}
"""The message can't be edited; a new one in the channel may work."""
CHANNEL_CLOSED = frozenset(
    {UNKNOWN_CHANNEL, UNKNOWN_GUILD, MISSING_ACCESS, MISSING_PERMISSION, CANNOT_MESSAGE_USER, THREAD_ARCHIVED}
)
CLOSED_STATUSES = frozenset({403, 404})
"""By HTTP status, for codes not named here."""

# ---------------------------------------------------------------------- exceptions

NETWORK_ERRORS = (
    aiohttp.ClientError,
    TimeoutError,
    ConnectionError,
    json.JSONDecodeError,
    discord.InvalidData,
    discord.DiscordServerError,
    discord.RateLimited,
)
"""Worth a retry: no connection, a timeout, a cut answer, a 5xx, a rate limit."""
DISCORD_ERRORS = (discord.HTTPException, *NETWORK_ERRORS)
"""All failures of a Discord call, permanent ones included."""


def is_too_large(error: discord.HTTPException) -> bool:
    """Whether Discord rejected the request's size."""
    return error.status == PAYLOAD_TOO_LARGE_STATUS or error.code == REQUEST_TOO_LARGE


def is_refused_content(error: discord.HTTPException) -> bool:
    """Whether Discord rejected the content or its size, so that less may be accepted."""
    return is_too_large(error) or (error.status == BAD_REQUEST_STATUS and not is_gone(error))


def is_gone(error: discord.HTTPException) -> bool:
    """Whether the message is gone or permanently out of reach."""
    return error.code in MESSAGE_GONE or is_closed(error)


def is_closed(error: discord.HTTPException) -> bool:
    """Whether the channel or message accepts nothing from us, so that another place is needed."""
    return error.code in CHANNEL_CLOSED or error.status in CLOSED_STATUSES


def is_public(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether everyone on the server can read the channel."""
    if isinstance(channel, discord.Thread) and channel.is_private():
        return False
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    return place is None or place.permissions_for(channel.guild.default_role).view_channel


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed later: a lost connection, Discord's own trouble, or a rate limit."""
    is_busy = isinstance(error, discord.HTTPException) and (error.status >= 500 or error.status == 429)
    return is_busy or isinstance(error, NETWORK_ERRORS)


T = TypeVar("T")

CALL_TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 300.0
"""For a message with files."""
SESSION_CLOSED = "Session is closed"
"""aiohttp's word for a call after the session's end."""


async def in_time(call: Awaitable[T], seconds: float = CALL_TIMEOUT_S) -> T:
    """Await a Discord call. Raises TimeoutError after `seconds`, or the call's error, one of `DISCORD_ERRORS`."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except RuntimeError as error:  # aiohttp's, while the process stops
        if str(error) != SESSION_CLOSED:
            raise
        raise aiohttp.ClientConnectionError(SESSION_CLOSED) from error


@dataclass(frozen=True, slots=True)
class NeededPermission:
    """Its name in discord.py, and as Discord's settings show it."""

    flag: str
    name: Text


VIEW_CHANNEL = NeededPermission("view_channel", texts.VIEW_CHANNEL)
SEND_MESSAGES = NeededPermission("send_messages", texts.SEND_MESSAGES)
SEND_IN_THREADS = NeededPermission("send_messages_in_threads", texts.SEND_MESSAGES_IN_THREADS)
EMBED_LINKS = NeededPermission("embed_links", texts.EMBED_LINKS)
ATTACH_FILES = NeededPermission("attach_files", texts.ATTACH_FILES)
READ_HISTORY = NeededPermission("read_message_history", texts.READ_MESSAGE_HISTORY)
ADD_REACTIONS = NeededPermission("add_reactions", texts.ADD_REACTIONS)

NEEDED = (VIEW_CHANNEL, SEND_MESSAGES, SEND_IN_THREADS, EMBED_LINKS, ATTACH_FILES, READ_HISTORY, ADD_REACTIONS)
"""All permissions in use; a contract test compares them with the code."""


def as_permissions() -> discord.Permissions:
    """Return the needed permissions for an invite link."""
    return discord.Permissions(**{each.flag: True for each in NEEDED})


def missing_of(has: discord.Permissions, needed: tuple[NeededPermission, ...] = NEEDED) -> list[str]:
    """Return the `needed` permissions that are missing."""
    return [str(each.name) for each in needed if not getattr(has, each.flag)]


def to_post(*, is_thread: bool, files: bool) -> tuple[NeededPermission, ...]:
    send = SEND_IN_THREADS if is_thread else SEND_MESSAGES
    return (VIEW_CHANNEL, send, EMBED_LINKS, ATTACH_FILES) if files else (VIEW_CHANNEL, send, EMBED_LINKS)
