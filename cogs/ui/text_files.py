"""Small text files that members upload."""

import asyncio

import discord

from bot.delivery.discord_facts import DISCORD_ERRORS
from bot.domain.text import without_controls
from bot.errors import InputError

READ_TIMEOUT_S = 10.0


async def text_of_file(file: discord.Attachment, *, at_most: int) -> str:
    """Return what a text file of at most `at_most` bytes says, without control characters. Raises InputError."""
    if file.size > at_most:
        raise InputError(f"The file has {file.size:,} bytes; at most {at_most:,} are read.", "file")
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            data = await file.read()
    except DISCORD_ERRORS:
        raise InputError("The file could not be read from Discord just now; please try again.", "file") from None
    try:
        text = data[: at_most + 1].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("The file is no text in UTF-8; save it as plain text and try again.", "file") from None
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
