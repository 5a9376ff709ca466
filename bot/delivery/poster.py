"""Posting results: by editing the card, so that doing it twice leaves one result.

The order of places: the card through the interaction's token (15 minutes) → the card with the bot's own token → a new
message in the channel → a direct message to who asked → none: the job is held. New messages carry a nonce derived from
the job's id, and the channel is searched for the job before one is sent, so a lost reply never gives two posts.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import structlog

from bot.cannon.wire import text_of
from bot.catalogue import LiveCatalogue
from bot.delivery.attachments import ResultFiles, arranged, names_of
from bot.delivery.card import CardContext, card_embed
from bot.delivery.card_texts import long_texts
from bot.delivery.contact_sheets import SHEET_NAME, NoSheet, contact_sheet, wants_sheet
from bot.delivery.discord_facts import (
    DISCORD_ERRORS,
    FILE_LIMIT_BYTES,
    FILES_PER_MESSAGE,
    MESSAGE_GONE,
    NETWORK_ERRORS,
    REQUEST_LIMIT_BYTES,
    TOKEN_EXPIRED,
    is_closed,
    is_too_large,
)
from bot.delivery.log_channel import LogChannel
from bot.delivery.review import ReviewControls, ReviewDesk, no_answers, review_embed
from bot.delivery.takedown import Takedown
from bot.delivery.text import alt_text, file_stem, message_link, plain
from bot.delivery.view import in_five_rows, link_buttons, links_on
from bot.domain.card_jobs import open_part
from bot.domain.models import Card, Job, JobState, Media
from bot.domain.poll_schedule import remaining_s
from bot.errors import MediaError, MediaGone, MediaTooLarge, MediaUnreachable, MediaUnsafe, MediaWrongKind
from bot.jobs.learned_durations import LearnedDurations
from bot.jobs.surface import Later, NoPlace
from bot.media.fetcher import MediaFetcher
from bot.runtime.clock import Clock
from bot.runtime.failpoints import failpoint
from bot.store import Review, Store

log = structlog.get_logger(__name__)

CALL_TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 300.0
MEDIA_RETRY_MAX_S = 3600.0
"""For how long after a job is done its file is asked for again."""
DROPPED = "It was cancelled after Cannon Studio had taken it, so it was paid but not posted. `/jobs recover` posts it."
SEARCH_MESSAGES = 50
CLOCK_SKEW_S = 60.0
"""How far our clock and Discord's may be apart."""
SHOWN_CARDS_KEPT = 2048
Controls = Callable[[Card, Sequence[Job], bool], Sequence[discord.ui.Item[Any]]]
"""The third: whether some of the results are links, which will expire."""


Posted = Callable[[Card, Sequence[Job], discord.Message], None]


def nothing_more(_card: Card, _jobs: Sequence[Job], _message: discord.Message, /) -> None:
    """Do nothing with a result that was posted."""


def no_controls(_card: Card, _jobs: Sequence[Job], _linked: bool, /) -> Sequence[discord.ui.Item[Any]]:
    """Offer nothing."""
    return ()


class Delivery:
    """Shows cards and posts results. Implements what the Worker calls a Surface."""

    def __init__(
        self,
        client: discord.Client,
        *,
        store: Store,
        media: MediaFetcher,
        catalogue: LiveCatalogue,
        learned: LearnedDurations,
        clock: Clock,
        folder: Path,
    ) -> None:
        self._client = client
        self._store = store
        self._media = media
        self._catalogue = catalogue
        self._learned = learned
        self._clock = clock
        self._folder = folder
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._shown: dict[str, str] = {}
        self.log_channel = LogChannel(client, store=store)
        self.takedown = Takedown(client, store=store, clock=clock)
        self.controls: Controls = no_controls
        """What a card offers beside its links; set by the surface. Only DynamicItems may be among them."""
        self.review = ReviewDesk(client, store=store, clock=clock, post=self._post_for_review, alert=self.alert)
        self.review_controls: ReviewControls = no_answers
        """What a result that waits for review offers the moderators; set by the surface, as `controls`."""
        self.posted: Posted = nothing_more
        """Told of each result that was posted, with the jobs as they are then; set by the surface. Must not wait."""

    # ------------------------------------------------------------------ what is shown

    async def look(self, guild_id: int, jobs: Sequence[Job], *, just_taken: bool = False) -> CardContext:
        """Return what the card of `jobs` needs to know beside itself. Jobs that were just taken had a working key."""
        now = self._clock.wall()
        eta = {}
        for job in jobs:
            if job.state in {JobState.QUEUED, JobState.PROCESSING}:
                age_s = max(0.0, now - (job.submitted_at or now))
                eta[job.id] = now + remaining_s(self._learned.of(job.operation, job.model), age_s)
        key = None if just_taken else await self._store.keys.current(guild_id)
        parent_id = jobs[0].parent_id
        waits = any(job.state is JobState.WAITING and not job.after_ids for job in jobs)
        queue = await self._store.queue.order(guild_id) if waits else []
        paused = waits and (await self._store.settings.get(guild_id)).paused
        return CardContext(
            catalogue=self._catalogue.current,
            now=now,
            eta=eta,
            blocked=key is not None and key.refused_at is not None,
            places={job_id: place for place, job_id in enumerate(queue, start=1)},
            paused=paused,
            withheld=await self._withheld(guild_id, jobs),
            made_from=None if parent_id is None else await self._link_to(guild_id, parent_id),
        )

    async def _withheld(self, guild_id: int, jobs: Sequence[Job]) -> frozenset[str]:
        """Return those of a card's jobs of whose results nothing may be shown."""
        made = {job.id for job in jobs if job.state in {JobState.READY, JobState.HELD}}
        return await self._store.reviews.withheld(guild_id, jobs[0].card_id) & made if made else frozenset()

    async def _link_to(self, guild_id: int, job_id: str) -> str:
        """Return a job's id as a link to its card, or without one where that is private or not there."""
        job = await self._store.jobs.get(guild_id, job_id)
        card = None if job is None else await self._store.cards.get(guild_id, job.card_id)
        if card is None or card.private or card.message_id is None:
            return f"`{job_id}`"
        if card.message_channel_id not in {None, card.channel_id}:
            return f"`{job_id}`"  # it has moved to a direct message
        return f"[`{job_id}`]({message_link(card)})"

    async def first_answer(self, card: Card, jobs: Sequence[Job]) -> tuple[discord.Embed, list[discord.File]]:
        """Return what answers the interaction: the card, and files with the texts that are too long for it."""
        embed = card_embed(card, jobs, await self.look(card.guild_id, jobs, just_taken=True))
        return embed, self._documents(jobs, ())

    def first_view(self, card: Card, jobs: Sequence[Job]) -> discord.ui.View | None:
        """Return the controls that the card has from the start, None if it has none."""
        return self._view(card, jobs, ())

    async def show(self, guild_id: int, card_id: str) -> None:
        """Bring the card's states up to date; best effort: a failure is logged and the next change tries again."""
        try:
            async with self._lock(card_id):
                await self._show(guild_id, card_id)
        except DISCORD_ERRORS as error:
            log.info("card.not_shown", card=card_id, error=type(error).__name__)
        except Exception:
            log.exception("card.show_failed", card=card_id)

    async def _show(self, guild_id: int, card_id: str) -> None:
        found = await self._store.cards.with_jobs(guild_id, card_id)
        if found is None or not found[0].answered or found[0].message_id is None:
            return
        card, jobs = found
        await self._draw(card, jobs)
        if all(job.state.ended for job in jobs):
            self._shown.pop(card_id, None)
            await self._add_sheet(card, jobs)
            await self._ping(card, jobs)

    async def _draw(self, card: Card, jobs: Sequence[Job]) -> None:
        embed = card_embed(card, jobs, await self.look(card.guild_id, jobs))
        drawn = repr(embed.to_dict())
        if self._shown.get(card.id) == drawn:
            return
        changes: dict[str, Any] = {"embed": embed}
        ended = all(job.state.ended for job in jobs)
        if ended and (len(jobs) > 1 or jobs[0].state is not JobState.DELIVERED):
            # The edit that brings a result brings its controls, but it may not have known that all others have ended.
            message = await self._find(card)
            changes["view"] = self._view(card, jobs, [] if message is None else links_on(message))
        async with asyncio.timeout(CALL_TIMEOUT_S):
            if self._token_lives(card):
                await self._webhook(card).edit_message(card.message_id, **changes)  # type: ignore[arg-type]  # checked
            elif not card.private or card.message_channel_id not in {None, card.channel_id}:
                await self._partial(card).edit(**changes)  # a private one can be reached where it moved to
        self._note_shown(card.id, drawn)

    def _note_shown(self, card_id: str, drawn: str) -> None:
        self._shown[card_id] = drawn
        while len(self._shown) > SHOWN_CARDS_KEPT:
            self._shown.pop(next(iter(self._shown)))

    def _lock(self, card_id: str) -> asyncio.Lock:
        lock = self._locks.get(card_id)
        if lock is None:
            lock = self._locks[card_id] = asyncio.Lock()
        return lock

    async def _add_sheet(self, card: Card, jobs: Sequence[Job]) -> None:
        """Put the contact sheet on a finished batch of pictures that has none. Without one it is as good a card."""
        message = await self._find(card) if wants_sheet(jobs) else None
        if message is None or any(attachment.filename == SHEET_NAME for attachment in message.attachments):
            return
        # Only what members can see already: results may be kept back from the card.
        shown = [job for job in jobs if _shows(message, job)]
        if len(shown) < 2 or len(message.attachments) >= FILES_PER_MESSAGE:
            return
        try:
            async with contact_sheet(self._media, jobs, shown, self._folder) as path:
                file = discord.File(path, SHEET_NAME, description=f"All {len(shown)} pictures, with their numbers")
                try:
                    async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                        await message.edit(attachments=[file, *message.attachments])
                finally:
                    file.close()
        except NoSheet as error:
            log.warning("card.no_sheet", card=card.id, error=str(error))

    # ------------------------------------------------------------------ pings

    async def ping(self, guild_id: int, card_id: str) -> None:
        """Ping who asked for a finished card, if a crash came before; best effort."""
        try:
            async with self._lock(card_id):
                found = await self._store.cards.with_jobs(guild_id, card_id)
                if found is not None and all(job.state.ended for job in found[1]):
                    await self._add_sheet(*found)
                    await self._ping(*found, search=True)
        except DISCORD_ERRORS as error:
            log.info("card.not_pinged", card=card_id, error=type(error).__name__)

    async def _ping(self, card: Card, jobs: Sequence[Job], *, search: bool = False) -> None:
        """Send the one short message that pings who asked: the edit that brought the result has pinged nobody.

        A direct message has pinged by itself, and a private card must not be told of. With `search` the message is
        looked for first; without, its nonce keeps it from being sent twice.
        """
        if card.private or card.message_id is None or not any(job.state is JobState.DELIVERED for job in jobs):
            return
        if not (await self._store.settings.get(card.guild_id)).ping or await self._store.pings.is_noted(
            card.guild_id, card.id
        ):
            return
        if card.message_channel_id in {None, card.channel_id}:
            channel = self._channel(card.channel_id, card.guild_id)
            link = message_link(card)
            if not (search and await self._said(channel, link)):
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    said = await channel.send(
                        f"<@{card.author_id}> Your result is ready: {link}",
                        nonce=f"ping-{card.id}",
                        allowed_mentions=discord.AllowedMentions(
                            everyone=False, roles=False, replied_user=False, users=[discord.Object(card.author_id)]
                        ),
                    )
                await self._store.copies.note(
                    card.guild_id, jobs[0].id, channel_id=card.channel_id, message_id=said.id, kind="ping"
                )
        await self._store.pings.note(card.guild_id, card.id)

    async def _said(self, channel: discord.abc.Messageable, text: str) -> bool:
        """Whether a late message of ours in the channel has the text."""
        with contextlib.suppress(discord.Forbidden):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                async for message in channel.history(limit=SEARCH_MESSAGES):
                    if self._is_own(message) and text in message.content:
                        return True
        return False

    # ------------------------------------------------------------------ after a restart

    async def original_id(self, card: Card) -> int | None:
        """Ask Discord for the answer to the card's interaction: its message id, or None if there is none.

        While the token lives it is asked for, after that looked for in the channel, where a private one does not
        stand. Raises the network's or Discord's error if it cannot be told now.
        """
        if not self._token_lives(card):
            return await self._find_answer(card)
        # discord.py's public methods want a message id here; the route of the docs is asked as it is.
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
                return await self._find_answer(card)
            if error.status == 404:
                return None
            raise
        return int(answer["id"])

    async def _find_answer(self, card: Card) -> int | None:
        """Look for the card among the messages that came right after its interaction."""
        if card.private:
            return None
        jobs = await self._store.jobs.of_card(card.guild_id, card.id)
        ids = {job.id for job in jobs}
        asked_at = datetime.fromtimestamp(card.created_at - CLOCK_SKEW_S, UTC)
        since = card.interaction_id or discord.utils.time_snowflake(asked_at)
        channel = self._channel(card.channel_id, card.guild_id)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                after = discord.Object(since)
                async for message in channel.history(limit=SEARCH_MESSAGES, after=after, oldest_first=True):
                    if self._is_own(message) and ids & _job_ids(message):
                        return message.id
        except discord.HTTPException as error:
            if not is_closed(error):
                raise
        return None

    # ------------------------------------------------------------------ alerts

    async def alert(self, guild_id: int, sentence: str) -> None:
        """Tell the moderators: in the log channel, and who set the guild's key by direct message; best effort."""
        log.warning("guild.alert", guild=guild_id, sentence=sentence)
        await self.log_channel.post(guild_id, f"⚠️ {sentence}")
        key = await self._store.keys.current(guild_id)
        if key is None:
            return
        guild = self._client.get_guild(guild_id)
        name = guild.name if guild is not None else "your server"
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                user = self._client.get_user(key.set_by) or await self._client.fetch_user(key.set_by)
                await user.send(f"**{plain(name)}**: {sentence}")
        except DISCORD_ERRORS as error:
            log.info("guild.alert_not_sent", guild=guild_id, error=type(error).__name__)

    # ------------------------------------------------------------------ delivering

    async def deliver(self, job: Job) -> int:
        """Post the job's result and return the message id. Raises Later, Parked (review) or NoPlace."""
        try:
            async with self._lock(job.card_id):
                return await self._deliver(job)
        except NETWORK_ERRORS as error:
            log.info("delivery.later", job=job.id, error=type(error).__name__)
            raise Later(5.0) from error
        except discord.HTTPException as error:
            log.warning("delivery.refused", job=job.id, status=error.status, code=error.code)
            raise Later(60.0) from error

    async def _deliver(self, job: Job) -> int:
        found = await self._store.cards.with_jobs(job.guild_id, job.card_id)
        if found is None:
            raise NoPlace("Its card is gone.")
        card, jobs = found
        if await self._store.cancellation.is_dropped(job.guild_id, job.id):
            raise NoPlace(DROPPED)
        await self.review.require(card, job)
        return await self._deliver_on(card, jobs, job)

    async def _deliver_on(self, card: Card, jobs: Sequence[Job], job: Job) -> int:
        # The card is drawn as it will be once this has worked.
        done = replace(job, state=JobState.DELIVERED, delivered_at=self._clock.wall(), error=None)
        jobs = tuple(done if other.id == job.id else other for other in jobs)
        async with self._loaded(job) as load:
            failpoint("download.done")
            message = await self._post(card, jobs, done, load)
            failpoint("send.done")
        if (message.id, message.channel.id) != (card.message_id, card.message_channel_id):
            await self._store.cards.move(card.guild_id, card.id, message_id=message.id, channel_id=message.channel.id)
        self.posted(card, jobs, message)
        return message.id

    async def post_held(self, job: Job, media: Sequence[Media], *, channel_id: int, is_reviewed: bool = False) -> bool:
        """Post a job that was made but not posted: on its card, else in `channel_id`, else by direct message.

        `media` are its files with links that work; `is_reviewed` says that a moderator wants it posted. Returns False
        if it has been posted meanwhile. Raises Later or NoPlace; then it stays held. It was paid before, and nothing is
        paid here.
        """
        async with self._lock(job.card_id):
            found = await self._store.cards.with_jobs(job.guild_id, job.card_id)
            current = None if found is None else next((each for each in found[1] if each.id == job.id), None)
            if found is None or current is None or current.state is not JobState.HELD:
                return False
            if not is_reviewed:
                await self.review.require_looked_at(current)
            card, jobs = found
            stands_in = card.message_channel_id or card.channel_id
            here = replace(card, channel_id=channel_id, message_channel_id=stands_in)
            try:
                message_id = await self._deliver_on(here, jobs, replace(current, media=tuple(media)))
            except DISCORD_ERRORS as error:
                raise Later(60.0) from error
            await self._store.jobs.change(
                current,
                JobState.DELIVERED,
                message_id=message_id,
                delivered_at=self._clock.wall(),
                media=tuple(media),
                error=None,
            )
            self._shown.pop(card.id, None)
        return True

    async def renew_links(self, card: Card, jobs: Sequence[Job], fresh: Mapping[str, str]) -> None:
        """Put fresh links in place of old ones on the card's link buttons; best effort."""
        try:
            async with self._lock(card.id):
                message = await self._find(card)
                there = [] if message is None else links_on(message)
                if message is not None and fresh.keys() & set(there):
                    await message.edit(view=self._view(card, jobs, [fresh.get(link, link) for link in there]))
        except DISCORD_ERRORS as error:
            log.info("card.links_not_renewed", card=card.id, error=type(error).__name__)

    async def _post(self, card: Card, jobs: Sequence[Job], job: Job, load: ResultFiles) -> discord.Message:
        """Try the places in turn; return the message that now carries the result."""
        for place in (self._on_card, self._in_channel, self._in_private):
            for attempt in (load, load.without_files(job)):
                try:
                    message = await place(card, jobs, job, attempt)
                except discord.HTTPException as error:
                    if is_too_large(error):
                        continue
                    if error.code in MESSAGE_GONE or is_closed(error):
                        log.info("delivery.next_place", job=job.id, code=error.code)
                        break
                    raise
                if message is not None:
                    return message
                break
        raise NoPlace(
            "The channel does not take messages from me any more, and a direct message was not possible. "
            "The result is kept."
        )

    async def _on_card(self, card: Card, jobs: Sequence[Job], job: Job, load: ResultFiles) -> discord.Message | None:
        """Edit the card: what it has stays, this job's files come in place of an earlier try's."""
        message = await self._find(card)
        if message is None:
            return None
        documents = self._documents(await self._open_part(jobs), message.attachments)
        placed = arranged(jobs, job, load, message.attachments, [file.filename for file in documents])
        files = self._files(job, placed.load)
        shown: list[discord.Attachment | discord.File] = [*placed.kept, *files]
        if placed.first:
            shown = [*files, *placed.kept]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await message.edit(
                    embed=card_embed(card, jobs, await self.look(card.guild_id, jobs)),
                    attachments=[*shown, *documents],
                    view=self._view(card, jobs, [*links_on(message), *placed.links, *placed.load.links]),
                )
        finally:
            _close([*files, *documents])

    async def _in_channel(self, card: Card, jobs: Sequence[Job], job: Job, load: ResultFiles) -> discord.Message | None:
        if card.private:
            return None
        return await self._send(self._channel(card.channel_id, card.guild_id), card, jobs, job, load)

    async def _in_private(self, card: Card, jobs: Sequence[Job], job: Job, load: ResultFiles) -> discord.Message | None:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            user = self._client.get_user(card.author_id) or await self._client.fetch_user(card.author_id)
            channel = user.dm_channel or await user.create_dm()
        return await self._send(channel, card, jobs, job, load)

    async def _send(
        self,
        channel: discord.abc.Messageable,
        card: Card,
        jobs: Sequence[Job],
        job: Job,
        load: ResultFiles,
    ) -> discord.Message:
        """Send a new message, unless an earlier try has already."""
        sent = await self._search(channel, job, load)
        if sent is not None:
            return sent
        documents = self._documents(await self._open_part(jobs), ())
        load = arranged(jobs, job, load, (), [file.filename for file in documents]).load
        files = [*self._files(job, load), *documents]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=card_embed(card, jobs, await self.look(card.guild_id, jobs)),
                    files=files,
                    nonce=f"result-{job.id}",
                    view=self._view(card, jobs, load.links) or discord.utils.MISSING,
                )
        finally:
            _close(files)

    async def _open_part(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Return the card's jobs without the results that may not be shown."""
        return open_part(jobs, await self._withheld(jobs[0].guild_id, jobs))

    async def _post_for_review(self, review: Review, card: Card, job: Job) -> discord.Message:
        """Post a result to where it is reviewed, unless an earlier try has; too large files as links."""
        channel = self._channel(review.channel_id, card.guild_id)
        async with self._loaded(job) as load:
            sent = await self._search(channel, job, load)
            if sent is not None:
                return sent
            try:
                return await self._send_for_review(channel, review, card, job, load)
            except discord.HTTPException as error:
                if not is_too_large(error):
                    raise
            return await self._send_for_review(channel, review, card, job, load.without_files(job))

    async def _send_for_review(
        self, channel: discord.abc.Messageable, review: Review, card: Card, job: Job, load: ResultFiles
    ) -> discord.Message:
        look = replace(await self.look(card.guild_id, [job]), withheld=frozenset())
        where = f"<#{card.channel_id}>" if card.message_id is None else message_link(card)
        view = discord.ui.View(timeout=None)
        for item in in_five_rows(self.review_controls(job), link_buttons(load.links)):
            view.add_item(item)
        documents = self._documents([job], ())
        files = [*self._files(job, load)[: FILES_PER_MESSAGE - len(documents)], *documents]
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=review_embed(card_embed(card, [job], look), review, where),
                    files=files,
                    view=view,
                    nonce=f"review-{job.id}",
                )
        finally:
            _close(files)

    async def _search(self, channel: discord.abc.Messageable, job: Job, load: ResultFiles) -> discord.Message | None:
        """Look for the job's result among the channel's last messages: the nonce only guards for minutes."""
        with contextlib.suppress(discord.Forbidden):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                async for message in channel.history(limit=SEARCH_MESSAGES):
                    if self._is_own(message) and _carries(message, job, load):
                        return message
        return None

    def _is_own(self, message: discord.Message) -> bool:
        return self._client.user is not None and message.author.id == self._client.user.id

    # ------------------------------------------------------------------ places

    def _application_id(self) -> int:
        application_id = self._client.application_id
        if application_id is None:
            raise Later(5.0)
        return application_id

    def _token_lives(self, card: Card) -> bool:
        return card.token is not None and card.token_expires_at > self._clock.wall()

    def _webhook(self, card: Card) -> discord.Webhook:
        return discord.Webhook.partial(self._application_id(), card.token or "", client=self._client)

    def _channel(self, channel_id: int, guild_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id, guild_id=guild_id)

    def _partial(self, card: Card) -> discord.PartialMessage:
        if card.message_id is None:
            raise Later(5.0)
        channel = self._channel(card.message_channel_id or card.channel_id, card.guild_id)
        return channel.get_partial_message(card.message_id)

    async def _find(self, card: Card) -> discord.Message | None:
        """Fetch the card's message: through the token while it lives, else with the bot's own. None if gone."""
        if card.message_id is None:
            return None
        async with asyncio.timeout(CALL_TIMEOUT_S):
            if self._token_lives(card):
                try:
                    return await self._webhook(card).fetch_message(card.message_id)
                except discord.HTTPException as error:
                    if error.code not in TOKEN_EXPIRED:
                        raise
            if card.private and card.message_channel_id in {None, card.channel_id}:
                return None  # only the token reaches an ephemeral message
            return await self._partial(card).fetch()

    # ------------------------------------------------------------------ content

    @staticmethod
    def _text_file(name: str, text: str) -> discord.File:
        return discord.File(io.BytesIO(text.encode()), filename=name)

    def _documents(self, jobs: Sequence[Job], there: Sequence[discord.Attachment]) -> list[discord.File]:
        """Return files with the texts that are too long for the card and are not on it yet as they are now."""
        sizes = {attachment.filename: attachment.size for attachment in there}
        texts = long_texts(jobs, self._catalogue.current)
        return [self._text_file(name, text) for name, text in texts.items() if sizes.get(name) != len(text.encode())]

    def _view(self, card: Card, jobs: Sequence[Job], links: Sequence[str]) -> discord.ui.View | None:
        """Return the card's controls and its link buttons, None if it has neither."""
        items = in_five_rows(self.controls(card, jobs, bool(links)), link_buttons(links))
        if not items:
            return None
        view = discord.ui.View(timeout=None)
        for item in items:
            view.add_item(item)
        return view

    @staticmethod
    def _files(job: Job, load: ResultFiles) -> list[discord.File]:
        return [
            discord.File(file.path, filename=name, description=alt_text(job))
            for name, file in zip(names_of(job, load), load.files, strict=True)
        ]

    def _limits(self, job: Job) -> tuple[int, int]:
        """Return the largest file and the largest request, in bytes, for the job's server."""
        guild = self._client.get_guild(job.guild_id)
        per_file = guild.filesize_limit if guild is not None else FILE_LIMIT_BYTES
        return per_file, max(REQUEST_LIMIT_BYTES, per_file)

    @contextlib.asynccontextmanager
    async def _loaded(self, job: Job) -> AsyncIterator[ResultFiles]:
        """Have the job's media on disk as long as the block runs; what is too large becomes a link."""
        load = ResultFiles()
        operation = self._catalogue.current.find(job.operation)
        load.text = text_of(operation, job.output)
        per_file, per_request = self._limits(job)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=f"{job.id}-") as folder:
            room = per_request
            for number, medium in enumerate(job.media):
                try:
                    file = await self._media.download(
                        medium.url,
                        Path(folder),
                        f"{number}",
                        expect=medium.kind,
                        max_bytes=min(per_file, room),
                    )
                except MediaTooLarge:
                    load.links.append(medium.url)
                except MediaError as error:
                    self._media_failed(job, error)
                except OSError as error:
                    # A full disk must not lose a paid result: the link is as good.
                    log.warning("delivery.disk", job=job.id, error=type(error).__name__)
                    load.links.append(medium.url)
                else:
                    load.files.append(file)
                    load.urls.append(medium.url)
                    room -= file.size
            yield load

    def _media_failed(self, job: Job, error: MediaError) -> None:
        """Try again for a while; a file that never comes leaves the job held. Always raises."""
        age_s = self._clock.wall() - (job.finished_at or job.created_at)
        if isinstance(error, MediaUnreachable) and age_s < MEDIA_RETRY_MAX_S:
            raise Later(15.0) from error
        if isinstance(error, MediaGone) and age_s < 60:
            raise Later(10.0) from error  # a file can appear a little after its job is done
        if isinstance(error, MediaGone | MediaUnsafe | MediaWrongKind | MediaUnreachable):
            raise NoPlace(f"Cannon Studio made it, but its file cannot be used. {error.sentence}") from error
        raise Later(60.0) from error


def _job_ids(message: discord.Message) -> set[str]:
    """Return the words of the footers, among which a card names its jobs."""
    return {word for embed in message.embeds for word in (embed.footer.text or "").split()}


def _carries(message: discord.Message, job: Job, load: ResultFiles) -> bool:
    """Whether a message of ours has the job's result on it."""
    if job.id not in _job_ids(message):
        return False
    if load.text is not None and not job.media:
        return True
    return _shows(message, job)


def _shows(message: discord.Message, job: Job) -> bool:
    """Whether the job's media are on the message, as files or as links."""
    stem = file_stem(job)
    return any(attachment.filename.startswith(stem) for attachment in message.attachments) or any(
        link in {medium.url for medium in job.media} for link in links_on(message)
    )


def _close(files: Sequence[discord.File]) -> None:
    for file in files:
        file.close()
