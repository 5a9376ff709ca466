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
from bot.domain.models import credits_of, credits_words
from bot.domain.server.events import PURSE_MAX, PurseUse, ServerEvent
from bot.domain.words.text import harmless, shortened
from bot.errors import InputError, NoKey
from bot.language import sentences
from bot.store import Ledger
from cogs.events import texts
from cogs.events.acts import JOIN, EventWish, ServerEvents, take_part_button
from cogs.ui.choices import CHOICE_CHARS
from cogs.ui.controls import Control, on
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

CHOOSE, CANCEL, BACK = "event_choose", "event_cancel", "event_panel"
"""Parts of the custom ids of buttons on old messages: never change them."""
SHOWN = 8
THEME_CHARS = 100


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
        theme: app_commands.Range[str, 1, THEME_CHARS] | None = None,
        ends: str | None = None,
        purse: app_commands.Range[float, 1.0, PURSE_MAX] | None = None,
        cap: app_commands.Range[float, 1.0, PURSE_MAX] | None = None,
        channel: discord.TextChannel | None = None,
        prizes: str | None = None,
    ) -> None:
        """Show the events, or announce one. Raises NotAllowed for members, InputError for what does not fit."""
        if all(each is None for each in (theme, ends, purse, cap, channel, prizes)):
            page = await _page(interaction)
            await in_time(interaction.response.send_message(view=page.view(), ephemeral=True))
            return
        await require_moderator(interaction)
        if theme is None or ends is None or purse is None:
            raise InputError(texts.NO_TIME_AND_PURSE)
        wish = EventWish(
            channel_id=_channel_of(interaction, channel),
            theme=theme,
            ends=ends,
            purse=credits_of(purse),
            cap=None if cap is None else credits_of(cap),
            prizes=prizes or "",
        )
        await defer(interaction, ephemeral=True, thinking=True)
        made = await use(interaction, ServerEvents).announce(guild_of(interaction), wish, by_id=interaction.user.id)
        text = sentences(texts.ANNOUNCED(channel=made.channel_id), await _warning(interaction, made))
        await in_time(interaction.edit_original_response(content=text))


async def _warning(interaction: Interaction, event: ServerEvent) -> str:
    """Return a warning if the server's account has less than the event's purse."""
    guild_id = guild_of(interaction)
    try:
        key = await use(interaction, ApiKeys).for_guild(guild_id)
    except NoKey:
        return ""
    if key.id is None or key.balance is None:
        return ""
    free = max(key.balance - (await use(interaction, Ledger).balance(guild_id)).held, Decimal(0))
    return texts.ABOVE_BALANCE(free=credits_words(free)) if event.purse > free else ""


def _channel_of(interaction: Interaction, chosen: discord.TextChannel | None) -> int:
    """Return the event's channel. Raises InputError if it is no text channel, or the bot can't post there."""
    channel = interaction.channel if chosen is None else chosen
    if not isinstance(channel, discord.TextChannel):
        raise InputError(texts.NO_TIME_AND_PURSE, "channel")
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
    text = "" if entries else str(texts.NO_EVENTS)
    return PanelPage(
        title=str(texts.PANEL), text=text, entries=entries, controls=controls, foot=str(texts.HOW) if may_change else ""
    )


def _shown(event: ServerEvent, used: PurseUse) -> str:
    heading = texts.IN_CHANNEL(theme=harmless(event.theme), channel=event.channel_id)
    return "\n".join([heading, *texts.rules(event), _purse(event, used)])


def _purse(event: ServerEvent, used: PurseUse) -> str:
    left = credits_words(max(event.purse - used.paid, Decimal(0)))
    return texts.PURSE_LEFT(left=left, purse=credits_words(event.purse), members=used.members)


@on(JOIN)
async def take_part(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Take part in the event, or say again what its purse pays. Raises Refused for a blocked member."""
    await require_unblocked(interaction)
    event, used = await use(interaction, ServerEvents).join(await viewer_of(interaction), subject)
    left = max(min(event.purse - used.paid, event.cap - used.of_member), Decimal(0))
    text = sentences(
        texts.TAKING_PART(theme=harmless(event.theme)),
        texts.PAYS_NOW(left=credits_words(left), channel=event.channel_id),
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
        raise InputError(texts.OVER)
    controls = [
        Control.button(CANCEL, event.id, label=texts.YES, style=discord.ButtonStyle.danger),
        Control.button(BACK, "events", label=texts.KEEP),
    ]
    page = PanelPage(title=str(texts.PANEL), text=texts.SURE(theme=harmless(event.theme)), controls=controls)
    await show_page(interaction, page)


@on(CANCEL)
async def cancel(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Cancel the event. Raises NotAllowed for members."""
    await require_moderator(interaction)
    await defer(interaction)
    event = await use(interaction, ServerEvents).cancel(guild_of(interaction), subject, by_id=interaction.user.id)
    await show_page(interaction, await _page(interaction), texts.IS_CANCELLED(theme=harmless(event.theme)))


@on(BACK)
async def back(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await show_page(interaction, await _page(interaction))


async def setup(bot: Bot) -> None:
    await bot.add_cog(EventCommand())
