"""Reaches a card's message, and searches for messages left by lost replies.

The interaction token works for 15 minutes; then the bot's own token, which cannot reach ephemeral messages.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord

from bot.delivery import texts
from bot.delivery.channels.facts import CALL_TIMEOUT_S, LOADING, NONCE_CHARS, TOKEN_EXPIRED, is_closed, is_public
from bot.delivery.channels.view import (
    KnownMessage,
    bare_name,
    file_stem,
    known_message_of,
)
from bot.domain.models import Card, Job, WaitsFor
from bot.jobs.surface import Later
from bot.runtime.clock import Clock
from bot.runtime.pace import Recent
from bot.store import Store

SEARCH_MESSAGES = 50
"""The newest messages of a channel, or the first after an interaction."""
KEPT = 1000
"""Messages whose content is cached."""
CLOCK_SKEW_S = 60.0
"""Allowed difference between our clock and Discord's."""
NONCE_PURPOSE_CHARS, NONCE_HASH_CHARS = 7, 17
"""Of a channel's nonce: 85 bits keep two messages apart."""
NOT_CONNECTED_S = 5.0
"""Retry delay before the login, or before the card has a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Discord's response to an interaction."""

    id: int
    names_card: bool
    """Whether it names a job of the card: then it is this bot's."""
    is_loading: bool = False


class Messages:
    """Finds, edits and searches for the bot's messages."""

    def __init__(self, client: discord.Client, *, store: Store, clock: Clock, keeps: bool) -> None:
        """`keeps`: cache what they contain, because no other program edits them."""
        self._client = client
        self._store = store
        self._clock = clock
        self.seen: Recent[int, KnownMessage] = Recent(KEPT if keeps else 0)

    def token_lives(self, card: Card) -> bool:
        """Whether the interaction token still reaches the card's message."""
        return card.token is not None and card.token_expires_at > self._clock.wall()

    def webhook(self, card: Card) -> discord.Webhook:
        """Return the webhook of the card's token. Raises Later before the login."""
        return discord.Webhook.partial(self._application_id(), card.token or "", client=self._client)

    def channel(self, channel_id: int, guild_id: int | None) -> discord.PartialMessageable:
        """Return a partial channel without a request; `guild_id` is None for a DM."""
        return self._client.get_partial_messageable(channel_id, guild_id=guild_id)

    def is_open(self, channel_id: int) -> bool:
        """Whether everyone in its server can read a cached channel."""
        found = self._client.get_channel(channel_id)
        return isinstance(found, discord.abc.GuildChannel | discord.Thread) and is_public(found)

    async def direct_message(self, user_id: int) -> discord.DMChannel:
        """Return the DM channel of a user. Raises Discord's or the network's error."""
        async with asyncio.timeout(CALL_TIMEOUT_S):
            user = self._client.get_user(user_id) or await self._client.fetch_user(user_id)
            return user.dm_channel or await user.create_dm()

    def _application_id(self) -> int:
        application_id = self._client.application_id
        if application_id is None:
            raise Later(NOT_CONNECTED_S, WaitsFor.DISCORD)
        return application_id

    async def find(self, card: Card) -> discord.Message | None:
        """Fetch the card's message; None if unreachable or not created yet.

        Raises Discord's error if the bot's token cannot reach it either, or the network's.
        """
        if card.message_id is None:
            return None
        async with asyncio.timeout(CALL_TIMEOUT_S):
            if self.token_lives(card):
                try:
                    return self._noted(await self.webhook(card).fetch_message(card.message_id))
                except discord.HTTPException as error:
                    if error.code not in TOKEN_EXPIRED:
                        raise
            if card.is_by_token:
                return None
            return self._noted(await self._partial(card).fetch())

    async def look(self, card: Card, *, presumed: KnownMessage | None = None) -> KnownMessage | None:
        """Return the content of the card's message: cached, else `presumed`, else fetched.

        None and errors as in `find`.
        """
        known = None if card.message_id is None else self.seen.get(card.message_id) or presumed
        if known is not None and (self.token_lives(card) or not card.is_by_token):
            return known
        message = await self.find(card)
        return None if message is None else known_message_of(message)

    async def edit(self, card: Card, *, within_s: float = CALL_TIMEOUT_S, **changes: Any) -> discord.Message | None:
        """Edit and return the card's message, None if unreachable.

        Raises Discord's or the network's error, and Later for a card without a message.
        """
        partial = self._partial(card)
        self.seen.pop(partial.id, None)  # until Discord answers
        async with asyncio.timeout(within_s):
            if self.token_lives(card):
                return self._noted(await self.webhook(card).edit_message(partial.id, **changes))
            if card.is_by_token:
                return None
            return self._noted(await partial.edit(**changes))

    def _noted(self, message: discord.Message) -> discord.Message:
        self.seen[message.id] = known_message_of(message)
        return message

    def _partial(self, card: Card) -> discord.PartialMessage:
        if card.message_id is None:
            raise Later(NOT_CONNECTED_S, WaitsFor.DISCORD)
        return self.channel(card.place_id, card.guild_id).get_partial_message(card.message_id)

    def is_own(self, message: discord.Message) -> bool:
        return self._client.user is not None and message.author.id == self._client.user.id

    async def delete_post(self, post_id: int) -> None:
        """Delete a forum's post. Where others wrote in it, or that is not allowed: its title and first message alone.

        Raises Discord's or the network's error.
        """
        async with asyncio.timeout(CALL_TIMEOUT_S):
            post = self._client.get_channel(post_id) or await self._client.fetch_channel(post_id)
            if not isinstance(post, discord.Thread):
                return
            if all([each.id == post_id async for each in post.history(limit=2)]):
                with contextlib.suppress(discord.Forbidden):
                    await post.delete()
                    return
            with contextlib.suppress(discord.Forbidden):
                await post.edit(name=str(texts.REMOVED_POST), archived=False)
            await post.get_partial_message(post_id).delete()

    async def search(
        self, channel: discord.abc.Messageable, fits: Callable[[discord.Message], bool]
    ) -> discord.Message | None:
        """Return the bot's newest message in the channel that `fits`, None also without read access.

        Nonces prevent duplicates for minutes only. Raises Discord's or the network's error.
        """
        with contextlib.suppress(discord.Forbidden):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                async for message in channel.history(limit=SEARCH_MESSAGES):
                    if self.is_own(message) and fits(message):
                        return message
        return None

    async def original(self, card: Card) -> Original | None:
        """Return the response to the card's interaction, None if there is none.

        By its own route while the token is valid, then by searching the channel, which misses ephemeral ones. Raises
        Discord's or the network's error.
        """
        if not self.token_lives(card):
            return await self._search_original(card)
        # discord.py's public methods need a message id, so the documented route is called directly.
        route = discord.http.Route(
            "GET",
            "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            webhook_id=self._application_id(),
            webhook_token=card.token,
        )
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                answer = await self._client.http.request(route)
        except discord.HTTPException as error:
            if error.code in TOKEN_EXPIRED:
                return await self._search_original(card)
            if error.status == 404:
                return None
            raise
        return Original(
            id=int(answer["id"]),
            names_card=bool(await self._ids_of(card) & _subjects(_custom_ids(answer.get("components", ())))),
            is_loading=bool(int(answer.get("flags") or 0) & LOADING),
        )

    async def _ids_of(self, card: Card) -> set[str]:
        return {job.id for job in await self._store.jobs.of_card(card.guild_id, card.id)}

    async def _search_original(self, card: Card) -> Original | None:
        if card.lives_by_token:
            return None
        ids = await self._ids_of(card)
        requested_at = datetime.fromtimestamp(card.created_at - CLOCK_SKEW_S, UTC)
        after = discord.Object(card.interaction_id or discord.utils.time_snowflake(requested_at))
        channel = self.channel(card.channel_id, card.guild_id)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                async for message in channel.history(limit=SEARCH_MESSAGES, after=after, oldest_first=True):
                    if self.is_own(message) and ids & subjects_on(message):
                        return Original(id=message.id, names_card=True)
        except discord.HTTPException as error:
            if not is_closed(error):
                raise
        return None


def nonce_of(purpose: str, subject_id: str, place_id: int | None = None) -> str:
    """Return a message's nonce: the same for each attempt, different for each recipient.

    Discord keys nonces by author, not channel. `place_id` is the channel or DM channel; None is the card's own channel.
    Raises ValueError if too long.
    """
    if place_id is not None:
        digest = hashlib.sha256(f"{purpose} {subject_id} {place_id}".encode()).digest()
        hashed = base64.b32encode(digest).decode().lower()
        return f"{purpose[:NONCE_PURPOSE_CHARS]}-{hashed[:NONCE_HASH_CHARS]}"
    made = f"{purpose}-{subject_id}"
    if len(made) > NONCE_CHARS:
        raise ValueError(f"{made!r} is longer than a nonce may be")
    return made


def carries_result(message: discord.Message, job: Job, jobs: Sequence[Job], *, has_text: bool) -> bool:
    """Whether a message of ours, for a card of `jobs`, has the result of `job`.

    `has_text`: the result is or has text. A card names only its main job.
    """
    if not {each.id for each in jobs} & subjects_on(message):
        return False
    return (has_text and not job.media) or shows_media(known_message_of(message), job)


def shows_media(message: KnownMessage, job: Job) -> bool:
    stem = file_stem(job)
    return any(bare_name(attachment.filename).startswith(stem) for attachment in message.attachments) or any(
        link in {medium.url for medium in job.media} for link in message.links
    )


def subjects_on(message: discord.Message) -> set[str]:
    """Return what a message's controls are about: ids of jobs."""
    return _subjects(custom_ids_of(message))


def custom_ids_of(message: discord.Message) -> list[str]:
    """Return the custom ids of a message's controls in order, panels included."""
    return _custom_ids([component.to_dict() for component in message.components])


def _custom_ids(components: Sequence[Any]) -> list[str]:
    found = []
    for each in components:
        if isinstance(name := each.get("custom_id"), str):
            found.append(name)
        found += _custom_ids([*each.get("components", ()), *filter(None, [each.get("accessory")])])
    return found


def _subjects(custom_ids: Sequence[str]) -> set[str]:
    return {each.rpartition(":")[2] for each in custom_ids}
