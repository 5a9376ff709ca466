"""What can be pressed on a message: the controls it is given, and a button for each link, in five rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import discord

from bot.delivery import texts
from bot.delivery.channels.facts import ALT_TEXT_CHARS, BUTTONS_PER_MESSAGE, BUTTONS_PER_ROW, ROWS_PER_MESSAGE
from bot.domain.models import Card, Job
from bot.domain.words.text import bare, shortened, slug

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


KEPT = 1000
"""How many messages are known: those that were seen last."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The files, link buttons and text of a message."""

    attachments: tuple[discord.Attachment, ...] = ()
    links: tuple[str, ...] = ()
    content: str = ""


def seen_of(message: discord.Message) -> Seen:
    """Return what is on a message as Discord has just told it."""
    return Seen(tuple(message.attachments), tuple(links_on(message)), message.content)


class SeenMessages:
    """Holds nothing that a restart may not lose. `kept`: how many; 0 where other processes edit messages too."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: dict[int, Seen] = {}

    def get(self, message_id: int) -> Seen | None:
        """Return what is on a message, None if it is not known."""
        return self._seen.get(message_id)

    def note(self, message_id: int, seen: Seen) -> None:
        """Remember what is on a message now."""
        self._seen.pop(message_id, None)
        self._seen[message_id] = seen
        while len(self._seen) > self._kept:
            self._seen.pop(next(iter(self._seen)))

    def forget(self, message_id: int) -> None:
        """Have Discord asked the next time."""
        self._seen.pop(message_id, None)


MadeWith = Callable[[Job], Awaitable[str]]
"""Returns the words that say that AI made a job's result; '' where the server's rule is to say nothing."""
SPOILER = "SPOILER_"
"""Discord shows a file whose name begins so only to who presses it (https://docs.discord.com/developers/reference)."""


def file_stem(job: Job, number: int = 0) -> str:
    """Return the name, without extension, of a job's n-th file. The same job gives the same names."""
    stem = f"{slug(job.prompt, job.operation.replace('.', '-'))}-{job.id[:4].lower()}"
    return stem if number == 0 else f"{stem}-{number + 1}"


def bare_name(filename: str) -> str:
    """Return the name of a posted file without Discord's mark of a spoiler."""
    return filename.removeprefix(SPOILER)


def alt_text(job: Job, made_with: str = "") -> str:
    """Return what a screen reader says of the job's media; it ends with `made_with`, which is never cut."""
    return labelled(bare(job.prompt) or texts.ALT_TEXT(operation=bare(job.operation)), made_with)


def labelled(alt: str, made_with: str) -> str:
    """Return an alt text, within Discord's limit, that ends with how its file was made; '' for nothing."""
    if not made_with:
        return shortened(alt, ALT_TEXT_CHARS)
    return f"{shortened(alt, ALT_TEXT_CHARS - len(made_with) - 3)} ({made_with})"


def message_link(card: Card) -> str:
    """Return the link to the card's message in its server."""
    return f"https://discord.com/channels/{card.guild_id}/{card.place_id}/{card.message_id}"
