"""Moderators' panels: a page has texts with their controls, redrawn in place, with a notice above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import discord

from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import BUTTONS_PER_ROW, in_time
from bot.delivery.channels.view import untracked
from bot.domain.server.setting import PAGES, SettingsPage, page_after
from bot.domain.words.text import shortened
from bot.errors import InputError
from cogs.ui import texts
from cogs.ui.controls import Control
from cogs.ui.interaction import Interaction
from cogs.ui.texts import CONTINUED

PAGE_ACTION = "set_page"
"""Shows a page, chosen in a select or by its subject, whose number after a full stop is a part of a long list."""
TEXT_CHARS = 3900
"""Of the 4000 that all texts of a message may have."""
OPTION_CHARS = 100
PART_MAX = 999
"""The last part of a long list that a custom id can name."""
Each = TypeVar("Each")


FORUMS = (discord.ChannelType.forum, discord.ChannelType.media)
"""Where a result is a post of its own."""


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """A text with its control, if any: a button is right of it, a select below."""

    text: str
    control: Control | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPage:
    """A drawn page, from top to bottom."""

    title: str
    pages: Sequence[Control] = ()
    """The select of the panel's other pages, if any."""
    text: str = ""
    entries: Sequence[PanelEntry] = ()
    controls: Sequence[Control] = ()
    foot: str = ""

    def view(self, said: str = "") -> discord.ui.LayoutView:
        """Return the page in Components V2, with a notice above it; its text is cut to what a message takes."""
        others = [said, self.title, self.foot, *(each.text for each in self.entries)]
        text = shortened(self.text, TEXT_CHARS - sum(map(len, others)))
        items: list[discord.ui.Item[Any]] = [discord.ui.TextDisplay(f"### {self.title}\n{text}".rstrip())]
        items += _rows(self.pages)
        items += [item for entry in self.entries for item in _items(entry)]
        items += _rows(self.controls)
        items += [discord.ui.TextDisplay(f"-# {self.foot}")] if self.foot else []
        box = discord.ui.Container[Any](*items, accent_colour=NEUTRAL)
        return layout(*([discord.ui.TextDisplay[Any](said)] if said else []), box)


def box_of(*texts: str) -> discord.ui.Container[Any]:
    """Return a box with these texts."""
    return discord.ui.Container(*map(discord.ui.TextDisplay, texts), accent_colour=NEUTRAL)


def layout(*items: discord.ui.Item[Any], rows: Iterable[Sequence[discord.ui.Item[Any]]] = ()) -> discord.ui.LayoutView:
    """Return a message of these items, with rows of controls below."""
    view: discord.ui.LayoutView = untracked(discord.ui.LayoutView(timeout=None))
    for item in (*items, *(discord.ui.ActionRow[Any](*row) for row in rows)):
        view.add_item(item)
    return view


def _items(entry: PanelEntry) -> list[discord.ui.Item[Any]]:
    if entry.control is None:
        return [discord.ui.TextDisplay(entry.text)]
    if entry.control.width < BUTTONS_PER_ROW:
        return [discord.ui.Section(entry.text, accessory=entry.control)]
    return [discord.ui.TextDisplay(entry.text), discord.ui.ActionRow(entry.control)]


def _rows(controls: Sequence[Control]) -> list[discord.ui.Item[Any]]:
    """Return the controls in rows: a select takes one, five buttons share one."""
    rows: list[list[Control]] = []
    for each in controls:
        if not rows or sum(item.width for item in rows[-1]) + each.width > BUTTONS_PER_ROW:
            rows.append([])
        rows[-1].append(each)
    return [discord.ui.ActionRow(*row) for row in rows]


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
    if not (subject.isascii() and subject.isdecimal() and len(subject) <= len(str(PART_MAX))):
        raise InputError(texts.GONE)
    return int(subject)


def turns(action: str, part: Part[Each], subject: str = "") -> list[Control]:
    """Return the buttons to the previous and next parts, if there are others: the number follows `subject`."""
    ways = ((part.number - 1, texts.PREVIOUS_PART), (part.number + 1, texts.NEXT_PART))
    return [Control.button(action, f"{subject}{each}", label=label) for each, label in ways if 0 <= each < part.count]


def settings_page(
    page: SettingsPage,
    text: str = "",
    controls: Sequence[Control] = (),
    *,
    entries: Sequence[PanelEntry] = (),
    part: Part[Any] | None = None,
    foot: str = "",
) -> PanelPage:
    """Return a page of `/studio settings` with `text` below its introduction. One of the setup leads to the next.

    `part`: what is shown of a long list.
    """
    if part is not None:
        controls = [*controls, *turns(PAGE_ACTION, part, f"{page}.")]
    title, about = PAGES[page]
    if following := page_after(page):
        label = texts.NEXT_PAGE(page=PAGES[following][0])
        controls = [*controls, Control.button(PAGE_ACTION, f"{following}.0", label=label)]
    options = [
        discord.SelectOption(
            label=str(name), value=each, description=shortened(str(said), OPTION_CHARS), default=each is page
        )
        for each, (name, said) in PAGES.items()
    ]
    return PanelPage(
        title=texts.SETTINGS_TITLE(page=title),
        pages=[Control.select(PAGE_ACTION, page, placeholder=texts.PAGES, options=options)],
        text=f"{about}\n\n{text}".rstrip(),
        entries=entries,
        controls=controls,
        foot=foot,
    )


async def show_page(interaction: Interaction, page: PanelPage, said: str = "") -> None:
    await show_view(interaction, page.view(said))


async def show_view(interaction: Interaction, view: discord.ui.LayoutView) -> None:
    """Show this view in place of the interaction's message, which may have been an embed."""
    message = interaction.message
    is_old = message is not None and not message.flags.components_v2
    before: dict[str, Any] = {"content": None, "embeds": []} if is_old else {}
    await show_instead(interaction, **before, view=view)


async def show_instead(interaction: Interaction, **shown: Any) -> None:
    """Edit the interaction's message, as `Message.edit` does."""
    edit = interaction.edit_original_response if interaction.response.is_done() else interaction.response.edit_message
    await in_time(edit(**shown))


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
