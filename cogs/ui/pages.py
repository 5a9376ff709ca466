"""Long lists as embeds, each within what one holds."""

from collections.abc import Iterable

import discord

from bot.delivery.colours import NEUTRAL
from cogs.ui.texts import continued

PAGE_CHARS = 4000
"""Discord takes 4096 in an embed's description and 6000 in all embeds of a message: a page is a message of its own."""


def pages(title: str, blocks: Iterable[str]) -> list[discord.Embed]:
    """Put the blocks on as few embeds as they fit on. A block is never cut in two unless it is longer than a page."""
    texts = [""]
    for block in blocks:
        separator = "\n" if block.startswith("`") and texts[-1] else "\n\n"
        for start in range(0, len(block), PAGE_CHARS):
            part = block[start : start + PAGE_CHARS]
            if texts[-1] and len(texts[-1]) + len(separator) + len(part) <= PAGE_CHARS:
                texts[-1] += separator + part
            elif texts[-1]:
                texts.append(part)
            else:
                texts[-1] = part
    names = [title, *[continued(title)] * (len(texts) - 1)]
    return [
        discord.Embed(title=name, description=text, colour=NEUTRAL) for name, text in zip(names, texts, strict=True)
    ]
