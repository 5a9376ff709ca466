"""`/event`: announces an event, shows those that run, and their controls. Only moderators change anything."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import discord
from discord import app_commands
from discord.ext import commands

from bot.account.api_keys import ApiKeys
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.posting.events import EventDesk
from bot.domain.models import credits_of, credits_words
from bot.domain.server.events import PurseUse, ServerEvent
from bot.domain.words.text import harmless, shortened
from bot.errors import InputError, NoKey
from bot.language import sentences
from bot.server.community.events import texts as said
from bot.server.community.events.acts import EventWish, ServerEvents
from bot.store import Ledger
from cogs.community.events import texts
from cogs.ui.choices import CHOICE_CHARS
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.panels import PanelEntry, PanelPage, show_page
from cogs.ui.permissions import (
    guild_of,
    is_moderator,
    require_may_post_in,
    require_moderator,
    require_unblocked,
    viewer_of,
)
from cogs.ui.texts import GONE

JOIN, CHOOSE, CANCEL, BACK = "event_join", "event_choose", "event_cancel", "event_panel"
ANNOUNCE = "event_announce"
"""Parts of the custom ids of buttons on old messages: never change them."""
SHOWN = 8
CREDITS_MAX = 999_999_999.0
"""Larger than any purse: the rule has a sentence of its own."""


def take_part_button(event: ServerEvent) -> Control:
    return Control.button(JOIN, event.id, label=said.TAKE_PART, style=discord.ButtonStyle.primary, emoji="🎉")


class EventCommand(commands.Cog):
    """Announces events and shows them."""

    @app_commands.command(name="event", description=texts.EVENT)
    @app_commands.guild_only()
    @app_commands.describe(
        theme=texts.THEME_OPTION,
        ends=texts.ENDS_OPTION,
        purse=texts.PURSE_OPTION,
        cap=texts.CAP_OPTION,
        channel=texts.CHANNEL_OPTION,
        prizes=texts.PRIZES_OPTION,
    )
    async def event(
        self,
        interaction: Interaction,
        theme: str | None = None,
        ends: str | None = None,
        purse: app_commands.Range[float, 0.0, CREDITS_MAX] | None = None,
        cap: app_commands.Range[float, 0.0, CREDITS_MAX] | None = None,
        channel: discord.TextChannel | None = None,
        prizes: str | None = None,
    ) -> None:
        """Show the events, or the announcement of a new one.

        Raises NotAllowed for members, InputError for what does not fit.
        """
        given = (theme, ends, purse, cap, channel, prizes)
        if all(each is None for each in given):
            page = await _page(interaction)
            await in_time(interaction.response.send_message(view=page.view(), ephemeral=True))
            return
        await require_moderator(interaction)
        if theme is None or ends is None or purse is None:
            raise InputError(said.NO_TIME_AND_PURSE)
        wish = EventWish(
            channel_id=_channel_of(interaction, channel),
            theme=theme,
            ends=ends,
            purse=credits_of(purse),
            cap=None if cap is None else credits_of(cap),
            prizes=prizes or "",
        )
        await defer(interaction, ephemeral=True, thinking=True)
        events = use(interaction, ServerEvents)
        event, draft_id = await events.planned(guild_of(interaction), wish, by_id=interaction.user.id)
        announce = Control.button(ANNOUNCE, draft_id, label=texts.ANNOUNCE, style=discord.ButtonStyle.primary)
        await in_time(
            interaction.edit_original_response(
                content=await _asked(interaction, event),
                embed=use(interaction, EventDesk).announcement(event),
                view=view_of([announce]),
            )
        )


async def _asked(interaction: Interaction, event: ServerEvent) -> str:
    """Return the question whether to announce the event, with a warning if the account has less than its purse."""
    guild_id = guild_of(interaction)
    try:
        key = await use(interaction, ApiKeys).for_guild(guild_id)
    except NoKey:
        key = None
    warning = ""
    if key is not None and key.id is not None and key.balance is not None:
        free = max(key.balance - (await use(interaction, Ledger).balance(guild_id)).held, Decimal(0))
        warning = texts.ABOVE_BALANCE(free=credits_words(free)) if event.purse > free else ""
    return sentences(texts.PREVIEW(channel=event.channel_id), warning)


@on(ANNOUNCE)
async def announce(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Announce the event that was shown. Raises NotAllowed for members, InputError if it has expired."""
    await require_moderator(interaction)
    await defer(interaction)
    made = await use(interaction, ServerEvents).announce(guild_of(interaction), subject, by_id=interaction.user.id)
    await use(interaction, EventDesk).bring_up(made)
    said_in = texts.ANNOUNCED(channel=made.channel_id)
    await in_time(interaction.edit_original_response(content=said_in, embed=None, view=None))


def _channel_of(interaction: Interaction, chosen: discord.TextChannel | None) -> int:
    """Return the event's channel. Raises InputError if it is no text channel, or the bot can't post there."""
    channel = interaction.channel if chosen is None else chosen
    if not isinstance(channel, discord.TextChannel):
        raise InputError(said.NO_TIME_AND_PURSE, "channel")
    require_may_post_in(interaction, channel.id, files=True)
    return channel.id


async def _page(interaction: Interaction) -> PanelPage:
    found = await use(interaction, ServerEvents).open_to(await viewer_of(interaction))
    entries = [PanelEntry(_shown(*each), take_part_button(each[0])) for each in found[:SHOWN]]
    controls = []
    may_change = await is_moderator(interaction)
    if entries and may_change:
        options = [
            discord.SelectOption(label=shortened(each.theme, CHOICE_CHARS), value=each.id) for each, _ in found[:SHOWN]
        ]
        controls.append(Control.select(CHOOSE, "events", placeholder=texts.CANCEL_ONE, options=options))
    text = "" if entries else str(texts.NONE)
    return PanelPage(
        title=str(texts.TITLE), text=text, entries=entries, controls=controls, foot=str(texts.HOW) if may_change else ""
    )


def _shown(event: ServerEvent, used: PurseUse) -> str:
    heading = texts.IN_CHANNEL(theme=harmless(event.theme), channel=event.channel_id)
    return "\n".join([heading, *said.rules(event), _purse(event, used)])


def _purse(event: ServerEvent, used: PurseUse) -> str:
    left = credits_words(max(event.purse - used.paid, Decimal(0)))
    return said.PURSE_LEFT(left=left, purse=credits_words(event.purse), members=used.members)


@on(JOIN)
async def take_part(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Take part in the event, or say again what its purse pays. Raises Refused for a blocked member."""
    await require_unblocked(interaction)
    event, used = await use(interaction, ServerEvents).join(await viewer_of(interaction), subject)
    left = max(min(event.purse - used.paid, event.cap - used.of_member), Decimal(0))
    text = sentences(
        said.TAKING_PART(theme=harmless(event.theme)),
        said.PAYS_NOW(left=credits_words(left), channel=event.channel_id),
        _purse(event, used),
    )
    await in_time(interaction.response.send_message(text, ephemeral=True))


@on(CHOOSE)
async def choose(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Ask whether the event is to be cancelled."""
    await require_moderator(interaction)
    found = await use(interaction, ServerEvents).open_to(await viewer_of(interaction))
    event = next((each for each, _ in found if values and each.id == values[0]), None)
    if event is None:
        raise InputError(GONE)
    controls = [
        Control.button(CANCEL, event.id, label=texts.YES, style=discord.ButtonStyle.danger),
        Control.button(BACK, "events", label=texts.KEEP),
    ]
    page = PanelPage(title=str(texts.TITLE), text=texts.SURE(theme=harmless(event.theme)), controls=controls)
    await show_page(interaction, page)


@on(CANCEL)
async def cancel(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Cancel the event. Raises NotAllowed for members."""
    await require_moderator(interaction)
    await defer(interaction)
    event = await use(interaction, ServerEvents).cancel(guild_of(interaction), subject, by_id=interaction.user.id)
    await use(interaction, EventDesk).bring_up(event)
    await show_page(interaction, await _page(interaction), texts.CANCELLED(theme=harmless(event.theme)))


@on(BACK)
async def back(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await show_page(interaction, await _page(interaction))


async def setup(bot: Bot) -> None:
    await bot.add_cog(EventCommand())
