"""The places for a result, tried in order: in each with its files, else with links.

Order: the card by its interaction token (15 minutes), the card by the bot's token, a new message in the channel; for a
card that only its token reaches, a DM to the author. Without a place it is held. New messages have a nonce from the
job's id, and the channel is searched first: a lost reply never causes a second post there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace

import discord
import structlog

from bot.delivery import texts
from bot.delivery.card.drawing import CardDrawing, DrawnCard
from bot.delivery.card.memory import CardMemory
from bot.delivery.card.ticker import CardTicker
from bot.delivery.channels.facts import (
    DISCORD_ERRORS,
    TOKEN_EXPIRED,
    UPLOAD_TIMEOUT_S,
    is_gone,
    is_refused_content,
)
from bot.delivery.channels.gate import nowhere
from bot.delivery.channels.messages import Messages, carries_result, nonce_of
from bot.delivery.channels.view import KnownMessage
from bot.delivery.files.attachments import arrange, arrange_all, close, media_files, place_of_file
from bot.delivery.files.downloads import ResultFiles
from bot.domain.models import Card, Job, JobState
from bot.jobs.surface import NoPlace
from bot.language import from_discord, speaking
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The result of `job` on its card's `jobs`, drawn as after posting."""

    card: Card
    jobs: Sequence[Job]
    job: Job
    results: ResultFiles
    channel_id: int
    places: frozenset[int]
    """The channels that may have it."""
    also: tuple[tuple[Job, ResultFiles], ...] = ()
    """Other ready results of the card, included when the card is edited."""

    @property
    def forms(self) -> Iterator[Posting]:
        """Yield this, then smaller forms that Discord may accept: alone, and as links."""
        yield self
        if self.also:
            yield from self.alone.forms
        elif self.results.files:
            yield replace(self, results=self.results.without_files(self.job))

    @property
    def alone(self) -> Posting:
        """Return this without the other results, shown as not posted yet."""
        others = {job.id for job, _ in self.also}
        jobs = [replace(job, state=JobState.READY) if job.id in others else job for job in self.jobs]
        return replace(self, jobs=jobs, also=())

    @property
    def parts(self) -> list[tuple[Job, ResultFiles]]:
        """Return the results in job order."""
        return sorted([(self.job, self.results), *self.also], key=lambda part: part[0].position)


_Place = Callable[[Posting], Awaitable[discord.Message | None]]
"""Posts and returns the message; None if there is no such place. Raises Discord's or the network's error."""


@dataclass(frozen=True)
class Places:
    """Posts a result where its readers can see it."""

    _: KW_ONLY
    messages: Messages
    drawing: CardDrawing
    metrics: Metrics
    memory: CardMemory
    ticker: CardTicker
    clock: Clock
    _sent: set[str] = field(default_factory=set, init=False)
    """Jobs whose result may be in a new message, as the reply was lost: it is not put on the card then."""

    async def post(self, posting: Posting) -> discord.Message:
        """Return the message that now has the result. Raises NoPlace or Discord's error."""
        places: tuple[_Place, ...] = (self._on_card, self._in_channel, self._by_direct_message)
        for place in places[posting.job.id in self._sent :]:
            try:
                message = await self._in_some_form(place, posting)
            except discord.HTTPException as error:
                if not is_gone(error):
                    raise
                log.info("delivery.next_place", job=posting.job.id, code=error.code)
            else:
                if message is not None:
                    self._sent.discard(posting.job.id)
                    return message
        raise nowhere()

    async def _in_some_form(self, place: _Place, posting: Posting) -> discord.Message | None:
        """Return the message at `place`, None if there is none. Raises NoPlace or Discord's error."""
        for form in posting.forms:
            try:
                message = await place(form)
            except DISCORD_ERRORS as error:
                self.metrics.discord_error(error)
                is_for_content = isinstance(error, discord.HTTPException) and is_refused_content(error)
                if not is_for_content:
                    raise
                log.info("delivery.less", job=posting.job.id, error=str(error))
            else:
                if message is not None:
                    self._count(form, is_direct=place == self._by_direct_message)
                return message
        raise NoPlace(texts.REFUSED_BY_DISCORD)

    def _count(self, posted: Posting, *, is_direct: bool) -> None:
        for _, results in posted.parts:
            way = "attachment" if results.files else "link" if results.links else "text"
            self.metrics.delivery("direct_message" if is_direct else way)

    async def _on_card(self, posting: Posting) -> discord.Message | None:
        """Edit the card, keeping its content; this job's files replace those of an earlier attempt."""
        card = posting.card
        if card.place_id not in posting.places:
            return None
        # The edit decides everything on a one-job card; on others, other jobs' content is kept.
        seen = await self.messages.look(card, presumed=KnownMessage() if len(posting.jobs) == 1 else None)
        if seen is None:
            return None
        try:
            return await self._edit(seen, posting)
        except discord.HTTPException as error:
            if error.code not in TOKEN_EXPIRED or card.token is None or card.is_by_token:
                raise
        # The interaction token has expired: use the bot's own.
        return await self._on_card(replace(posting, card=replace(card, token=None)))

    async def _edit(self, there: KnownMessage, posting: Posting) -> discord.Message | None:
        card, jobs = posting.card, posting.jobs
        documents = self.drawing.texts(await self.drawing.open_part(jobs), there.attachments)
        arranged, parts = arrange_all(jobs, posting.parts, there.attachments, [file.filename for file in documents])
        labels = {each.id: await self.drawing.made_with(each) for each, _ in parts}
        files = [
            file
            for each, results in parts
            for file in media_files(each, results, spoiler=card.spoiler, made_with=labels[each.id])
        ]
        media: list[discord.File | discord.Attachment]
        media = [*files, *arranged.kept] if arranged.first else [*arranged.kept, *files]
        if jobs[0].shootout:  # A to D are in this order
            media.sort(key=lambda file: place_of_file(jobs, file.filename))
        drawn = await self.drawing.draw(card, jobs, self.memory.shown(card.id))
        view = await self.drawing.view(card, jobs, [*there.links, *arranged.links])
        changes = {"embed": drawn.embed, "attachments": [*media, *documents], "view": view}
        try:
            message = await self.messages.edit(card, within_s=UPLOAD_TIMEOUT_S, **changes)
        finally:
            close([*files, *documents])
        if message is not None:
            self._note(posting, drawn, message.id)
        return message

    def _note(self, posting: Posting, drawn: DrawnCard, message_id: int) -> None:
        card = posting.card
        self.memory.note_shown(card.id, drawn.says)
        self.memory.note_posted([job for job, _ in posting.also], message_id, self.clock.wall())
        self.ticker.edited((card.guild_id, card.id))

    async def _in_channel(self, posting: Posting) -> discord.Message | None:
        card = posting.card
        if card.lives_by_token or posting.channel_id not in posting.places:
            return None
        place_id = None if posting.channel_id == card.channel_id else posting.channel_id
        nonce = nonce_of("result", posting.job.id, place_id)
        return await self._send(self.messages.channel(posting.channel_id, card.guild_id), posting, nonce)

    async def _by_direct_message(self, posting: Posting) -> discord.Message | None:
        if not posting.card.lives_by_token:
            return None  # it is held: its author posts it
        channel = await self.messages.direct_message(posting.card.author_id)
        with speaking(from_discord(posting.card.locale)):
            return await self._send(channel, posting, nonce_of("result", posting.job.id, channel.id))

    async def _send(self, channel: discord.abc.Messageable, posting: Posting, nonce: str) -> discord.Message:
        """Send a new message, unless an earlier attempt did."""
        card, jobs, job = posting.card, posting.jobs, posting.job
        made_with = await self.drawing.made_with(job)
        has_text = posting.results.text is not None
        sent = await self.messages.search(channel, lambda each: carries_result(each, job, jobs, has_text=has_text))
        if sent is not None:
            return sent
        documents = self.drawing.texts(await self.drawing.open_part(jobs))
        results = arrange(jobs, job, posting.results, (), [file.filename for file in documents]).results
        files = [*media_files(job, results, spoiler=card.spoiler, made_with=made_with), *documents]
        self._sent.add(job.id)
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                return await channel.send(
                    embed=(await self.drawing.draw(card, jobs)).embed,
                    files=files,
                    nonce=nonce,
                    view=(await self.drawing.view(card, jobs, results.links)) or discord.utils.MISSING,
                )
        except discord.HTTPException as error:
            if not isinstance(error, discord.DiscordServerError):
                self._sent.discard(job.id)
            raise
        finally:
            close(files)
