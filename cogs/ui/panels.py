"""Moderators' panels: a page is an embed with controls, redrawn in place, with a notice above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import discord

from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import in_time
from bot.domain.server.setting import PAGES, SettingsPage
from bot.domain.words.text import shortened
from bot.errors import InputError
from cogs.ui import texts
from cogs.ui.controls import Control, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.texts import CONTINUED

PAGE_ACTION = "set_page"
OPTION_CHARS = 100
PART_MAX = 999
"""The last part of a long list that a custom id can name."""
Each = TypeVar("Each")


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPage:
    """A drawn page."""

    embed: discord.Embed
    controls: Sequence[Control]

    def view(self) -> discord.ui.View:
        return view_of(self.controls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[Each]):
    """A part of a long list, from 0."""

    number: int
    count: int
    items: Sequence[Each]


def part_of(items: Sequence[Each], number: int, size: int) -> Part[Each]:
    count = max(1, -(-len(items) // size))
    at = min(number, count - 1)
    return Part(number=at, count=count, items=items[at * size : (at + 1) * size])


def number_in(subject: str) -> int:
    """Parse a part's number from a custom id. Raises InputError with GONE for anything else."""
    if not (subject.isascii() and subject.isdecimal() and len(subject) < len(str(PART_MAX)) + 1):
        raise InputError(texts.GONE)
    return int(subject)


def turns(action: str, part: Part[Each]) -> list[Control]:
    """Return the buttons to the previous and next parts, if there are others."""
    found = []
    if part.number > 0:
        found.append(Control.button(action, str(part.number - 1), label=str(texts.PREVIOUS_PART)))
    if part.number + 1 < part.count:
        found.append(Control.button(action, str(part.number + 1), label=str(texts.NEXT_PART)))
    return found


def settings_page(page: SettingsPage, text: str, controls: Sequence[Control]) -> PanelPage:
    """Return a page of `/studio settings` with `text` below its introduction."""
    title, about = PAGES[page]
    embed = discord.Embed(
        title=texts.SETTINGS_TITLE(page=str(title)), description=f"{about}\n\n{text}".rstrip(), colour=NEUTRAL
    )
    return PanelPage(embed=embed, controls=[pages_select(page), *controls])


def pages_select(page: SettingsPage) -> Control:
    """Return the select of the pages of `/studio settings`."""
    options = [
        discord.SelectOption(
            label=str(title), value=each.value, description=shortened(str(about), OPTION_CHARS), default=each is page
        )
        for each, (title, about) in PAGES.items()
    ]
    return Control.select(PAGE_ACTION, "panel", placeholder=str(texts.PAGES), options=options)


async def show_page(interaction: Interaction, page: PanelPage, said: str = "") -> None:
    edit = interaction.edit_original_response if interaction.response.is_done() else interaction.response.edit_message
    await in_time(edit(content=said or None, embed=page.embed, view=page.view()))


PAGE_CHARS = 4000
"""Discord takes 4096 in an embed's description and 6000 in all embeds of a message: a page is a message of its own."""


def pages(title: str, blocks: Iterable[str]) -> list[discord.Embed]:
    """Put the blocks on as few embeds as possible. A block is cut only if it is longer than a page."""
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
    names = [title, *[CONTINUED(title=title)] * (len(texts) - 1)]
    return [
        discord.Embed(title=name, description=text, colour=NEUTRAL) for name, text in zip(names, texts, strict=True)
    ]
