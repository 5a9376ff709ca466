"""Galleries in forum and media channels: each is a post with a title and tags, instead of a message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import discord

from bot.catalogue import LiveCatalogue
from bot.delivery import texts
from bot.delivery.card.card import model_label
from bot.delivery.channels.facts import CALL_TIMEOUT_S, UPLOAD_TIMEOUT_S, in_time
from bot.domain.jobs.card_jobs import card_words, main_job
from bot.domain.models import Job
from bot.domain.words.text import bare, one_line, shortened
from bot.errors import InputError
from bot.jobs.surface import NoPlace
from bot.language import tr

Home: TypeAlias = discord.abc.Messageable | discord.ForumChannel
"""Where a gallery may be; discord.py's forum channels are media channels too."""
TITLE_CHARS, TAG_CHARS = 100, 20
TAGS_MAX = 20
"""Of a forum; a post takes five, and these have two."""
FOUND_AMONG = 5
"""The newest posts of the bot with the same title that are searched."""
_TAKEN = ("embed", "view", "allowed_mentions")
"""Of a message's content, what a post takes."""


@dataclass(frozen=True, kw_only=True)
class ForumPosts:
    """Makes and finds posts."""

    catalogue: LiveCatalogue
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def send(
        self,
        forum: discord.ForumChannel,
        jobs: Sequence[Job],
        *,
        title: str,
        files: Sequence[discord.File],
        **content: Any,
    ) -> discord.Message:
        """Make a post with tags of its jobs, and return its first message.

        Raises NoPlace if the forum requires a tag that the bot can't give, and Discord's or the network's error.
        """
        tags = await self._tags(forum, jobs)
        kept = {name: content[name] for name in _TAKEN if name in content}
        made = forum.create_thread(name=title, files=files, applied_tags=tags, **kept)
        post = await in_time(made, UPLOAD_TIMEOUT_S)
        return post.message

    async def _tags(self, forum: discord.ForumChannel, jobs: Sequence[Job]) -> list[discord.ForumTag]:
        """Return the tags of operation and model that the forum has; those that it lacks are made if allowed."""
        names = self._names(jobs)
        if _missing(forum, names) and forum.permissions_for(forum.guild.me).manage_channels:
            async with self._changing:  # a change sends all tags
                forum = await _with_tags(forum, names)
        usable = usable_tags(forum)
        tags = [tag for name in names for tag in usable if tag.name.casefold() == name.casefold()]
        if not tags and forum.flags.require_tag:
            tags = usable[:1]
            if not tags:
                raise NoPlace(texts.TAG_NEEDED(channel=forum.id))
        return tags

    def _names(self, jobs: Sequence[Job]) -> list[str]:
        job, catalogue = main_job(jobs) if jobs else None, self.catalogue.current
        operation = None if job is None else catalogue.find(job.operation)
        if job is None or operation is None:
            return []
        return [shortened(each, TAG_CHARS) for each in (tr(operation.title), bare(model_label(job, catalogue))) if each]

    @staticmethod
    async def find(
        forum: discord.ForumChannel, title: str, fits: Callable[[discord.Message], bool]
    ) -> discord.Message | None:
        """Return the first message of the bot's newest post with this title that `fits`.

        Raises Discord's or the network's error.
        """
        own = forum.guild.me.id
        async with asyncio.timeout(CALL_TIMEOUT_S):
            posts = [each for each in await forum.guild.active_threads() if each.parent_id == forum.id]
            with contextlib.suppress(discord.Forbidden):
                posts += [each async for each in forum.archived_threads(limit=TAGS_MAX)]
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


def _missing(forum: discord.ForumChannel, names: Sequence[str]) -> list[str]:
    there = {tag.name.casefold() for tag in forum.available_tags}
    return [name for name in names if name.casefold() not in there]


async def _with_tags(forum: discord.ForumChannel, names: Sequence[str]) -> discord.ForumChannel:
    """Add tags to a forum; return it as it is then. What Discord rejects is left out."""
    with contextlib.suppress(discord.HTTPException):
        now = await in_time(forum.guild.fetch_channel(forum.id))  # what is cached may lack another's
        if not isinstance(now, discord.ForumChannel):
            return forum
        forum = now
        tags = [*now.available_tags, *(discord.ForumTag(name=name) for name in _missing(now, names))]
        if len(now.available_tags) < len(tags) <= TAGS_MAX:
            return await in_time(now.edit(available_tags=tags))
    return forum


def usable_tags(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    """Return the tags of a forum that the bot may use."""
    may_moderate = forum.permissions_for(forum.guild.me).manage_threads
    return [each for each in forum.available_tags if may_moderate or not each.moderated]


def require_tags(forum: discord.ForumChannel) -> None:
    """Raise InputError if the forum requires a tag that the bot can't give."""
    may_add = forum.permissions_for(forum.guild.me).manage_channels
    if forum.flags.require_tag and not may_add and not usable_tags(forum):
        raise InputError(texts.TAG_NEEDED(channel=forum.id), "channel")
