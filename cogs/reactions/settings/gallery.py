"""The page Gallery of `/studio settings`: where starred results are shown, and from how many stars."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.catalogue.texts import missing
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.delivery.posting.best_of_week import WeeklyPosts
from bot.domain.server.reaction_rules import ReactionRules
from bot.domain.server.setting import SettingsPage
from bot.domain.texts import not_a_count
from bot.errors import InputError
from bot.jobs.surface import Later
from bot.jobs.texts import NOT_ANSWERED
from bot.server.reactions import ReactionChanges, gallery_text
from bot.store import BestOfWeek, ReactionMaps
from cogs.reactions.settings import texts
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import FORUMS, PanelEntry, PanelPage, settings_page, show_page
from cogs.ui.permissions import guild_of, require_may_post_in, require_moderator
from cogs.ui.texts import DONE, GONE

SET, OFF = "gallery_set", "gallery_off"
WEEK, PREVIEW = "week_channel", "week_preview"
STARS_MAX = 100
HOMES = (discord.ChannelType.text, discord.ChannelType.news, *FORUMS)
"""Where a gallery may be."""


async def gallery_page(interaction: Interaction) -> PanelPage:
    now = await use(interaction, ReactionMaps).get(guild_of(interaction))
    weekly = await use(interaction, BestOfWeek).channel_of(guild_of(interaction))
    exists = interaction.guild is not None and interaction.guild.get_channel_or_thread(weekly or 0) is not None
    week = Control.channels(
        WEEK, "panel", placeholder=str(texts.NO_WEEK), chosen=[weekly] if weekly and exists else [], kinds=HOMES
    )
    lines = [f"**{texts.WEEK}**", str(texts.WEEK_ABOUT), *([] if weekly is None else [f"<#{weekly}>"])]
    entries = [PanelEntry("\n".join(lines), week)]
    controls = [Control.button(SET, "panel", label=str(texts.SET_GALLERY), style=discord.ButtonStyle.primary)]
    if now.gallery_channel is None:
        said = str(texts.NO_GALLERY)
    else:
        said = texts.GALLERY_NOW(state=gallery_text(now))
        controls.append(Control.button(OFF, "panel", label=str(texts.END_GALLERY)))
    if weekly is not None:
        controls.append(Control.button(PREVIEW, "panel", label=str(texts.PREVIEW_WEEK)))
    return settings_page(SettingsPage.GALLERY, said, controls, entries=entries)


@on(SET)
async def set_gallery(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Ask where the gallery is, and how many stars a result needs."""
    await require_moderator(interaction)
    now = await use(interaction, ReactionMaps).get(guild_of(interaction))
    await GalleryForm(interaction, now).open(interaction)


@on(OFF)
async def end_gallery(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await _change(interaction, None, None, off=True)


@on(WEEK)
async def set_week(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Choose where the best of the week are posted; nowhere turns it off."""
    await require_moderator(interaction)
    chosen = next(map(int, values), None)
    if chosen is not None:
        require_may_post_in(interaction, chosen, files=True)
    reactions, by_id = use(interaction, ReactionChanges), interaction.user.id
    said = await reactions.set_weekly(guild_of(interaction), chosen, by_id=by_id)
    await show_page(interaction, await gallery_page(interaction), DONE(change=said))


@on(PREVIEW)
async def preview_week(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Show the moderator alone what the last seven days would be posted as."""
    await require_moderator(interaction)
    guild_id = guild_of(interaction)
    channel_id = await use(interaction, BestOfWeek).channel_of(guild_id)
    if channel_id is None:
        raise InputError(GONE)
    await defer(interaction, ephemeral=True, thinking=True)
    try:
        embed = await use(interaction, WeeklyPosts).preview(guild_id, channel_id)
    except Later as error:
        raise InputError(NOT_ANSWERED) from error
    await in_time(interaction.edit_original_response(embed=embed))


async def _change(interaction: Interaction, channel_id: int | None, stars: int | None, *, off: bool) -> None:
    said = await use(interaction, ReactionChanges).set_gallery(
        guild_of(interaction), channel_id=channel_id, stars=stars, off=off, by_id=interaction.user.id
    )
    await show_page(interaction, await gallery_page(interaction), DONE(change=said))


class GalleryForm(Form):
    """Takes the gallery's channel and stars."""

    def __init__(self, interaction: Interaction, now: ReactionRules) -> None:
        super().__init__(interaction.client, title=str(texts.GALLERY), name="gallery")
        guild = interaction.guild
        there = None if guild is None or now.gallery_channel is None else guild.get_channel(now.gallery_channel)
        chosen = [] if there is None else [there]
        self._channel = self.ask(
            texts.GALLERY_CHANNEL, discord.ui.ChannelSelect[Any](channel_types=list(HOMES), default_values=chosen)
        )
        stars = str(now.gallery_stars)
        self._stars = self.ask_text(texts.GALLERY_STARS, texts.STARS_HINT, text=stars, chars=len(str(STARS_MAX)))

    async def answer(self, interaction: Interaction) -> None:
        """Move the gallery, if the sender still is a moderator. Raises InputError for a channel it can't post in."""
        await require_moderator(interaction)
        stars = _stars_typed(self._stars.value)
        if not self._channel.values:
            raise InputError(missing("Gallery", ["Channel"]), "channel")
        chosen = self._channel.values[0].id
        require_may_post_in(interaction, chosen, files=True)
        await _change(interaction, chosen, stars, off=False)


def _stars_typed(typed: str) -> int:
    """Return a number of stars. Raises InputError unless it is one from 0 to STARS_MAX."""
    text = typed.strip()
    if not (text.isascii() and text.isdecimal() and int(text) <= STARS_MAX):
        raise InputError(not_a_count(str(texts.GALLERY_STARS), STARS_MAX, low=0), "stars")
    return int(text)
