"""Galleries in forum and media channels: each is a post with a title, instead of a message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import discord

from bot.delivery import texts
from bot.delivery.channels.facts import CALL_TIMEOUT_S, UPLOAD_TIMEOUT_S, in_time
from bot.domain.jobs.card_jobs import card_words
from bot.domain.models import Job
from bot.domain.words.text import one_line, shortened
from bot.errors import InputError

Home: TypeAlias = discord.abc.Messageable | discord.ForumChannel
"""Where a gallery may be; discord.py's forum channels are media channels too."""
TITLE_CHARS = 100
ARCHIVED_MAX = 20
FOUND_AMONG = 5
"""The newest posts of the bot with the same title that are searched."""
_TAKEN = ("embed", "view", "allowed_mentions")
"""Of a message's content, what a post takes."""


async def send_post(
    forum: discord.ForumChannel, *, title: str, files: Sequence[discord.File], **content: Any
) -> discord.Message:
    """Make a post, with a tag where the forum requires one, and return its first message.

    Raises Discord's or the network's error.
    """
    tags = usable_tags(forum)[:1] if forum.flags.require_tag else []
    kept = {name: content[name] for name in _TAKEN if name in content}
    made = forum.create_thread(name=title, files=files, applied_tags=tags, **kept)
    return (await in_time(made, UPLOAD_TIMEOUT_S)).message


async def find_post(
    forum: discord.ForumChannel, title: str, fits: Callable[[discord.Message], bool]
) -> discord.Message | None:
    """Return the first message of the bot's newest post with this title that `fits`.

    Raises Discord's or the network's error.
    """
    own = forum.guild.me.id
    async with asyncio.timeout(CALL_TIMEOUT_S):
        posts = [each for each in await forum.guild.active_threads() if each.parent_id == forum.id]
        with contextlib.suppress(discord.Forbidden):
            posts += [each async for each in forum.archived_threads(limit=ARCHIVED_MAX)]
        named = [each for each in posts if each.owner_id == own and each.name == title]
        for post in sorted(named, key=lambda each: each.id, reverse=True)[:FOUND_AMONG]:
            with contextlib.suppress(discord.NotFound):
                first = await post.fetch_message(post.id)
                if fits(first):
                    return first
    return None


def title_of(jobs: Sequence[Job]) -> str:
    """Return a post's title: the beginning of what was requested."""
    return shortened(one_line(card_words(jobs)), TITLE_CHARS) or str(texts.POST_TITLE)


def usable_tags(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    may_moderate = forum.permissions_for(forum.guild.me).manage_threads
    return [each for each in forum.available_tags if may_moderate or not each.moderated]


def require_tags(forum: discord.ForumChannel) -> None:
    """Raise InputError if the forum requires a tag that the bot can't give."""
    if forum.flags.require_tag and not usable_tags(forum):
        raise InputError(texts.TAG_NEEDED(channel=forum.id), "channel")
