"""The client as cogs know it, and the error boundary: each failure of an answer to a member becomes one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.catalogue import Catalogue, LiveCatalogue
from bot.delivery.answers import texts
from bot.delivery.channels.facts import DEAD_INTERACTION, DISCORD_ERRORS, MESSAGE_GONE, in_time, may_pass
from bot.delivery.channels.guilds import Guilds
from bot.domain.texts import GONE, IN_SERVER_ONLY, MANAGERS_ONLY, MODERATORS_ONLY
from bot.errors import BotError, DatabaseFailing
from bot.language import SOURCE, Explained, Text, current, from_discord, speak, why_of, with_names
from bot.runtime.background import answer_soon
from bot.runtime.clock import Clock
from bot.runtime.metrics import Metrics
from bot.runtime.pace import TokenBucket
from bot.settings import Settings

log = structlog.get_logger(__name__)

Part = TypeVar("Part")

ERROR_CHARS = 1700
"""Leaves room for a link to its page."""
WRAPPED = (app_commands.CommandInvokeError, app_commands.TransformerError, app_commands.CheckFailure)
CHECK_SENTENCES: tuple[tuple[type[Exception], Text], ...] = (
    (app_commands.NoPrivateMessage, IN_SERVER_ONLY),
    (app_commands.MissingPermissions, MANAGERS_ONLY),
    (app_commands.CommandNotFound, texts.OLD_COMMAND),
    (app_commands.CheckFailure, MODERATORS_ONLY),
)


def speak_to(interaction: discord.Interaction[Any]) -> None:
    """Use the member's language, without letting a slow database delay the answer.

    Call it first when answering an interaction.
    """
    speak(from_discord(str(interaction.locale)))
    answer_soon(interaction.client.clock, interaction.response.is_done)


class Responses:
    """Answers members ephemerally, in any state of their interaction."""

    def __init__(self, metrics: Metrics, docs_url: str | None = None) -> None:
        """Take the metrics, and the address of the documents' site if refusals link to it."""
        self._metrics = metrics
        self._docs_url = docs_url
        self.give_way: Callable[[], Awaitable[None]] = _at_once
        """Awaited before the database's failure is reported."""

    async def report(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Answer a failed interaction with one ephemeral sentence.

        In this order: our own errors have their sentence; Discord's checks get a plain one; an expired interaction is
        only logged; a deleted message and trouble of Discord's are reported as such; anything else is logged with its
        traceback and reported as our bug.
        """
        cause = _unwrapped(error)
        if isinstance(cause, DISCORD_ERRORS):
            self._metrics.discord_error(cause)
        if isinstance(cause, DatabaseFailing):
            await self.give_way()
        sentence = _sentence(cause)
        if sentence is None:
            log.info("interaction.dead", command=_command_name(interaction))
            return
        needs_host = cause.needs_host if isinstance(cause, BotError) else sentence == str(texts.UNEXPECTED)
        await self.warn(interaction, sentence, needs_host=needs_host)

    async def warn(
        self,
        interaction: discord.Interaction[Any],
        sentence: str,
        view: discord.ui.View | None = None,
        *,
        needs_host: bool = False,
    ) -> None:
        """Reply ephemerally with a warning, as `reply_privately` does. `needs_host` adds the host's support link."""
        url = interaction.client.settings.support_url if needs_host else None
        if url is not None:
            view = view or discord.ui.View(timeout=None)
            view.add_item(discord.ui.Button(label=str(texts.GET_SUPPORT), url=url))
        said = Explained(texts.WARNING(sentence=sentence)[:ERROR_CHARS], why_of(sentence))
        await self.reply_privately(interaction, said, view)

    def linked(self, said: str) -> str:
        """Return a refusal with the short name of its page, if any: a link where the host has set the address."""
        why = why_of(said)
        if not why:
            return said
        url = self._docs_url
        named = with_names(f"{why} · `/help` `why`") if url is None else f"[{why}](<{page_address(url, why)}>)"
        return f"{said}\n-# {named}"

    async def reply_privately(
        self, interaction: discord.Interaction[Any], text: str, view: discord.ui.View | None = None
    ) -> None:
        """Reply ephemerally, optionally with controls; never raises if Discord rejects it.

        A refusal names its page.
        """
        text = self.linked(text)
        shown = discord.utils.MISSING if view is None else view
        try:
            if not interaction.response.is_done():
                await in_time(interaction.response.send_message(text, view=shown, ephemeral=True))
            elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
                await _reply_after_deferral(interaction, text, shown)
            else:
                await in_time(interaction.followup.send(text, view=shown, ephemeral=True))
        except DISCORD_ERRORS as error:
            self._metrics.discord_error(error)
            log.info("interaction.not_answered", error=type(error).__name__, code=getattr(error, "code", 0))


def page_address(docs_url: str, why: str) -> str:
    """Return the address of a refusal's page in the current language; tools/site.py builds the pages there."""
    language = "" if current() == SOURCE else f".{current()}"
    return f"{docs_url.rstrip('/')}/troubleshooting{language}.html#{why}"


async def _at_once() -> None:
    """Return at once."""


async def _reply_after_deferral(interaction: discord.Interaction[Any], text: str, view: discord.ui.View) -> None:
    """Turn a "thinking…" into an ephemeral reply.

    A public one is deleted first: the next message then is one of its own
    (https://github.com/discord/discord-api-docs/issues/2739), and no text is seen by others.
    """
    with contextlib.suppress(discord.NotFound):  # a moderator may have deleted it
        original = await in_time(interaction.original_response())
        if original.flags.ephemeral:
            await in_time(original.edit(content=text, embeds=[], attachments=[], view=view))
            return
        await in_time(original.delete())
    await in_time(interaction.followup.send(text, view=view, ephemeral=True))


def _unwrapped(error: BaseException) -> BaseException:
    """Return the error that discord.py wrapped: a check may only raise discord.py's, with ours as the cause."""
    cause = error
    while isinstance(cause, WRAPPED):
        inner = cause.original if isinstance(cause, app_commands.CommandInvokeError) else cause.__cause__
        if inner is None:
            break
        cause = inner
    return cause


def _sentence(error: BaseException) -> str | None:
    if isinstance(error, BotError):
        return error.sentence
    for kind, sentence in CHECK_SENTENCES:
        if isinstance(error, kind):
            return str(sentence)
    if isinstance(error, discord.HTTPException) and error.code in DEAD_INTERACTION:
        return None
    if isinstance(error, discord.HTTPException) and error.code in MESSAGE_GONE:
        return str(GONE)
    if may_pass(error):
        log.warning("interaction.trouble_of_discord", error=type(error).__name__)
        return str(texts.DISCORD_TROUBLE)
    log.error("interaction.failed", exc_info=error)
    return str(texts.UNEXPECTED)


def _command_name(interaction: discord.Interaction[Any]) -> str:
    command = interaction.command
    return command.qualified_name if command is not None else str(interaction.type)


class Bot(commands.AutoShardedBot):
    """A client that answers members. Its subclass sets the attributes."""

    clock: Clock
    live_catalogue: LiveCatalogue
    presses: TokenBucket
    """Recent presses, to catch double ones."""
    responses: Responses
    settings: Settings
    known_guilds: Guilds

    def get(self, kind: type[Part]) -> Part:
        """Return the part of this class, once the bot has started."""
        raise NotImplementedError

    @property
    def catalogue(self) -> Catalogue:
        return self.live_catalogue.current

    def command_id(self, name: str) -> int | None:
        """Return the id of a registered command, group or menu by its English name; None if not registered."""
        raise NotImplementedError
