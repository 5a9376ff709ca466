"""Messages with media, and the menus that tests use on them."""

from __future__ import annotations

from typing import Any

import discord

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.surface import newest


async def posted(rig: Rig, *files: tuple[str, bytes], text: str = "look") -> discord.Message:
    return await rig.moderator.send(rig.channel, text, attachments=files)


def hosted(rig: Rig, name: str, data: bytes) -> str:
    """Put a file where Discord keeps files; return its link."""
    [attachment] = rig.env.backend.store_attachments(rig.channel.id, [(name, data)])
    return attachment["url"]


async def menu(rig: Rig, name: str, message: discord.Message) -> Any:
    return await rig.member.context_menu(rig.channel, name, message)


async def result_of(rig: Rig, command: str, **options: Any) -> tuple[discord.Message, Job]:
    """Let another member have something made; return its card and its job."""
    await rig.moderator.slash(rig.channel, command, **options)
    await rig.work()
    return rig.messages()[0], await newest(rig)


def offered(shown: Any) -> list[str]:
    row, *_ = shown.response.components  # below it: what is no operation
    return [option["value"] for option in row["components"][0]["options"]]


def sent(rig: Rig) -> tuple[str, dict[str, Any]]:
    request = rig.sandbox.requests[-1]
    return request.operation, dict(request.input)
