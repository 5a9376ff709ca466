"""What can be pressed on a message: the controls it is given, and a button for each link, in five rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.delivery import texts
from bot.delivery.discord_facts import BUTTONS_PER_MESSAGE, BUTTONS_PER_ROW, ROWS_PER_MESSAGE

HOST_CHARS = 60
"""Of the 80 that a label may have."""


def message_view(controls: Sequence[discord.ui.Item[Any]], links: Sequence[str]) -> discord.ui.View | None:
    """Return a new view, that never times out, of `controls` and a button for each of `links`; None if it is empty."""
    items = in_five_rows(controls, link_buttons(links))
    if not items:
        return None
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def in_five_rows(
    controls: Sequence[discord.ui.Item[Any]], links: Sequence[discord.ui.Item[Any]]
) -> list[discord.ui.Item[Any]]:
    """Return what fits a message's five rows: all links, then as many controls as there is room for, these in front.

    A select takes a row of its own, five buttons share one.
    """
    linked = list(links[:BUTTONS_PER_MESSAGE])
    kept: list[discord.ui.Item[Any]] = []
    for control in controls:
        chosen = [*kept, control]
        selects = sum(item.width == BUTTONS_PER_ROW for item in chosen)
        buttons = len(chosen) - selects + len(linked)
        if selects + -(-buttons // BUTTONS_PER_ROW) <= ROWS_PER_MESSAGE:
            kept = chosen
    return [*kept, *linked]


def link_buttons(links: Sequence[str]) -> list[discord.ui.Item[Any]]:
    """Return a button for each link, without duplicates. Its label names the host: what opens there is not ours."""
    unique = list(dict.fromkeys(links))
    numbers = [None] if len(unique) == 1 else range(1, len(unique) + 1)
    labels = [texts.open_result(number, _host(url)) for number, url in zip(numbers, unique, strict=True)]
    return [discord.ui.Button(label=label, url=url) for label, url in zip(labels, unique, strict=True)]


def _host(url: str) -> str:
    """Return a link's host as it can be shown in a label: the end of a long one, which says whose it is."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host if len(host) <= HOST_CHARS else f"…{host[1 - HOST_CHARS :]}"


def links_on(message: discord.Message) -> list[str]:
    """Return the links of the link buttons that a message has."""
    links: list[str] = []
    for row in message.components:
        items = getattr(row, "children", ())
        links.extend(item.url for item in items if isinstance(item, discord.Button) and item.url is not None)
    return links
