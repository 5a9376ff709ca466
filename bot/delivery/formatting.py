"""Formatting for messages: a member's text escaped, file names, alt texts, the link to a card."""

from __future__ import annotations

from bot.delivery import texts
from bot.delivery.discord_facts import ALT_TEXT_CHARS
from bot.domain.harmless_text import bare
from bot.domain.models import Card, Job
from bot.domain.text import shortened, slug

SPOILER = "SPOILER_"
"""Discord shows a file whose name begins so only to who presses it (https://docs.discord.com/developers/reference)."""


def file_stem(job: Job, number: int = 0) -> str:
    """Return the name, without extension, of a job's n-th file. The same job gives the same names."""
    stem = f"{slug(job.prompt, job.operation.replace('.', '-'))}-{job.id[:4].lower()}"
    return stem if number == 0 else f"{stem}-{number + 1}"


def bare_name(filename: str) -> str:
    """Return the name of a posted file without Discord's mark of a spoiler."""
    return filename.removeprefix(SPOILER)


def alt_text(job: Job) -> str:
    """Return what a screen reader says of the job's media."""
    return shortened(bare(job.prompt) or texts.alt_text(bare(job.operation)), ALT_TEXT_CHARS)


def message_link(card: Card) -> str:
    """Return the link to the card's message in its server."""
    return f"https://discord.com/channels/{card.guild_id}/{card.place_id}/{card.message_id}"
