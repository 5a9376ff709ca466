"""Formatting for messages: a member's text escaped, file names, alt texts, the link to a card."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.delivery import texts
from bot.delivery.discord_facts import ALT_TEXT_CHARS
from bot.domain.harmless_text import bare
from bot.domain.models import Card, Job
from bot.domain.text import shortened, slug

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
    return labelled(bare(job.prompt) or texts.alt_text(bare(job.operation)), made_with)


def labelled(alt: str, made_with: str) -> str:
    """Return an alt text, within Discord's limit, that ends with how its file was made; '' for nothing."""
    if not made_with:
        return shortened(alt, ALT_TEXT_CHARS)
    return f"{shortened(alt, ALT_TEXT_CHARS - len(made_with) - 3)} ({made_with})"


def message_link(card: Card) -> str:
    """Return the link to the card's message in its server."""
    return f"https://discord.com/channels/{card.guild_id}/{card.place_id}/{card.message_id}"
