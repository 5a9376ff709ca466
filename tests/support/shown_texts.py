"""Every text that the bot sent to Discord: of messages, embeds, controls, forms and lists of choices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.support.rig import Rig

EPHEMERAL = 64
MESSAGE, CHOICES, FORM = 4, 8, 9
"""Discord's numbers of these answers to an interaction."""
TEXTS = frozenset({"content", "title", "description", "label", "placeholder", "name", "text"})
"""The keys of what people read, and `value` in a field of an embed: that of a choice is read by the bot alone."""
DATA = frozenset({"attachments", "files", "allowed_mentions", "message_reference", "nonce", "emoji", "default_values"})


_CHANNEL = re.compile(r"/channels/(?P<id>\d+)/messages")


class Reader(StrEnum):
    """Who reads a text."""

    MEMBER = "member"
    """Who used a command or control, alone."""
    EVERYBODY = "everybody"
    UNKNOWN = "unknown"
    """An answer that is edited: it is as private as it was."""


@dataclass(frozen=True)
class Shown:
    """A text, where it was, and who reads it."""

    text: str
    where: str
    reader: Reader


def shown_since(rig: Rig, number: int) -> Iterator[Shown]:
    """Give the texts of all calls to Discord but the first `number`."""
    for call in rig.env.http_requests[number:]:
        if call.method not in {"POST", "PATCH"} or not isinstance(call.json, dict):
            continue
        body, reader = call.json, Reader.UNKNOWN
        if call.path.endswith("/callback"):
            kind, body = body.get("type"), body.get("data") or {}
            is_private = kind in {CHOICES, FORM} or bool(body.get("flags", 0) & EPHEMERAL)
            reader = Reader.MEMBER if is_private else Reader.EVERYBODY if kind == MESSAGE else Reader.UNKNOWN
        elif "/webhooks/" in call.path:
            if call.method == "POST":
                reader = Reader.MEMBER if body.get("flags", 0) & EPHEMERAL else Reader.EVERYBODY
        elif channel := _CHANNEL.match(call.path):
            guild_id = rig.env.backend.get_channel(int(channel["id"])).guild_id
            reader = Reader.MEMBER if guild_id is None else Reader.EVERYBODY
        else:
            continue
        yield from (Shown(text, where, reader) for where, text in texts_of(body, ""))


def texts_of(body: Any, where: str) -> Iterator[tuple[str, str]]:
    """Give every text in what Discord was sent, with the keys that lead to it."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key in DATA:
                continue
            if isinstance(value, str) and (key in TEXTS or (key == "value" and where.endswith(".fields"))):
                yield f"{where}.{key}", value
            else:
                yield from texts_of(value, f"{where}.{key}")
    elif isinstance(body, list):
        for each in body:
            yield from texts_of(each, where)
