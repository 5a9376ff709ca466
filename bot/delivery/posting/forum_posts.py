"""Galleries in forum and media channels: each is a post with a title and tags, instead of a message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord

from bot.catalogue import LiveCatalogue
from bot.catalogue.operation import model_name
from bot.delivery import texts
from bot.delivery.channels.facts import CALL_TIMEOUT_S, UPLOAD_TIMEOUT_S, in_time
from bot.domain.jobs.card_jobs import card_words, main_job
from bot.domain.models import Job
from bot.domain.words.text import one_line, shortened
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
        allowed = forum.permissions_for(forum.guild.me)
        there = {tag.name.casefold(): tag for tag in forum.available_tags}
        tags: list[discord.ForumTag] = []
        for name in self._names(jobs):
            if name.casefold() not in there and allowed.manage_channels and len(there) < TAGS_MAX:
                with contextlib.suppress(discord.HTTPException):
                    there[name.casefold()] = await in_time(forum.create_tag(name=name))
            tag = there.get(name.casefold())
            if tag is not None and (allowed.manage_threads or not tag.moderated):
                tags.append(tag)
        if not tags and forum.flags.require_tag:
            tags = usable_tags(forum)[:1]
            if not tags:
                raise NoPlace(texts.TAG_NEEDED(channel=forum.id))
        return tags

    def _names(self, jobs: Sequence[Job]) -> list[str]:
        if not jobs:
            return []
        job = main_job(jobs)
        operation = self.catalogue.current.find(job.operation)
        if operation is None:
            return []
        is_known = job.model is not None and not job.is_secret
        names = [tr(operation.title), *([model_name(operation, job.model or "")] if is_known else [])]
        return [shortened(each, TAG_CHARS) for each in names]

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


def usable_tags(forum: discord.ForumChannel) -> list[discord.ForumTag]:
    """Return the tags of a forum that everyone may use."""
    return [each for each in forum.available_tags if not each.moderated]


def require_tags(forum: discord.ForumChannel) -> None:
    """Raise InputError if the forum requires a tag that the bot can't give."""
    if forum.flags.require_tag and not usable_tags(forum) and not forum.permissions_for(forum.guild.me).manage_channels:
        raise InputError(texts.TAG_NEEDED(channel=forum.id), "channel")
