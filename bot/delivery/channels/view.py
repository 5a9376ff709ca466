"""A message's controls and link buttons, in five rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import discord

from bot.delivery import texts
from bot.delivery.channels.facts import ALT_TEXT_CHARS, BUTTONS_PER_MESSAGE, BUTTONS_PER_ROW, ROWS_PER_MESSAGE
from bot.domain.models import Card, Job
from bot.domain.words.text import bare, shortened, slug
from bot.language import aside

V = TypeVar("V", bound=discord.ui.View | discord.ui.LayoutView)
Controls = Sequence[discord.ui.Item[Any]]
Rows = list[list[discord.ui.Item[Any]]]
HOST_CHARS = 60
"""Of the 80 that a label may have."""


def message_view(rows: Sequence[Controls], links: Sequence[str]) -> discord.ui.View | None:
    """Return a view without timeout of rows of controls and link buttons; None if empty."""
    shown = in_five_rows(rows, link_buttons(links))
    if not shown:
        return None
    view = untracked(discord.ui.View(timeout=None))
    for number, row in enumerate(shown):
        for item in row:
            item.row = number
            view.add_item(item)
    return view


def untracked(view: V) -> V:
    """Stop a new view and return it: discord.py finds its controls by their patterns, as DynamicItems.

    It would keep each ephemeral answer's view otherwise, with a task, for 15 minutes (`InteractionResponse`).
    """
    view.stop()
    return view


def in_five_rows(rows: Sequence[Controls], links: Controls) -> Rows:
    """Return the rows that fit a message: all links, from the end of the last row on, and as many rows as possible.

    The last row stays longest: it has what every card needs.
    """
    kept, rest = [list(row) for row in rows if row], list(links[:BUTTONS_PER_MESSAGE])
    while kept and len(kept) + _rows_beyond(kept[-1], rest) > ROWS_PER_MESSAGE:
        del kept[-2 if len(kept) > 1 else -1]
    free = _room(kept[-1]) if kept else 0
    if free:
        kept[-1] += rest[:free]
    return [*kept, *in_rows(rest[free:])]


def in_rows(buttons: Controls) -> Rows:
    return [list(buttons[at : at + BUTTONS_PER_ROW]) for at in range(0, len(buttons), BUTTONS_PER_ROW)]


def _room(row: Controls) -> int:
    return BUTTONS_PER_ROW - sum(item.width for item in row)


def _rows_beyond(row: Controls, links: Controls) -> int:
    """Return how many rows `links` need beyond the rest of `row`."""
    return -(-max(0, len(links) - _room(row)) // BUTTONS_PER_ROW)


def link_buttons(links: Sequence[str]) -> list[discord.ui.Item[Any]]:
    """Return a button per link, without duplicates, labelled with its host: the target is not ours."""
    unique = list(dict.fromkeys(links))
    numbers = [None] if len(unique) == 1 else range(1, len(unique) + 1)
    labels = [texts.open_result(number, _host(url)) for number, url in zip(numbers, unique, strict=True)]
    return [discord.ui.Button(label=label, url=url) for label, url in zip(labels, unique, strict=True)]


def _host(url: str) -> str:
    """Return a link's host for a label: the end of a long one, which identifies it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host if len(host) <= HOST_CHARS else f"…{host[1 - HOST_CHARS :]}"


def links_on(message: discord.Message) -> list[str]:
    links: list[str] = []
    for row in message.components:
        items = getattr(row, "children", ())
        links.extend(item.url for item in items if isinstance(item, discord.Button) and item.url is not None)
    return links


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """The files and link buttons of a message."""

    attachments: tuple[discord.Attachment, ...] = ()
    links: tuple[str, ...] = ()


def known_message_of(message: discord.Message) -> KnownMessage:
    return KnownMessage(tuple(message.attachments), tuple(links_on(message)))


SPOILER = "SPOILER_"
"""Discord hides files with this prefix until clicked (https://docs.discord.com/developers/reference)."""


def file_stem(job: Job, number: int = 0) -> str:
    """Return the stable name, without extension, of a job's n-th file."""
    stem = f"{slug(job.prompt, job.operation.replace('.', '-'))}-{job.id[:4].lower()}"
    return stem if number == 0 else f"{stem}-{number + 1}"


def bare_name(filename: str) -> str:
    """Return a posted file's name without the spoiler mark."""
    return filename.removeprefix(SPOILER)


def alt_text(job: Job, made_with: str = "") -> str:
    """Return the alt text of the job's media; it ends with `made_with`, which is never cut."""
    alt = bare(job.depicts) or texts.ALT_TEXT(operation=bare(job.operation))
    if not made_with:
        return shortened(alt, ALT_TEXT_CHARS)
    return aside(shortened(alt, ALT_TEXT_CHARS - len(made_with) - 3), made_with)


def message_link(card: Card) -> str:
    outside_id = card.outside_id if card.is_in_channel else None
    server = (outside_id or "@me") if card.is_at_home else card.guild_id
    return f"https://discord.com/channels/{server}/{card.place_id}/{card.message_id}"
