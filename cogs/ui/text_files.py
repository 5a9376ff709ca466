"""Small text files that members upload."""

import asyncio

import discord

from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.domain.text import without_controls
from bot.errors import InputError
from cogs.ui import texts

READ_TIMEOUT_S = 10.0


async def text_of_file(file: discord.Attachment, *, at_most: int) -> str:
    """Return the content of a text file of at most `at_most` bytes, without control characters. Raises InputError."""
    if file.size > at_most:
        raise InputError(texts.file_too_large(file.size, at_most), "file")
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            data = await file.read()
    except DISCORD_ERRORS:
        raise InputError(texts.FILE_UNREADABLE, "file") from None
    try:
        text = data[: at_most + 1].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(texts.FILE_NOT_TEXT, "file") from None
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
