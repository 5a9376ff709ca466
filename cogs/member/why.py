"""`/help` with `why`: the page that explains a refusal, found by its id, by words, or by the pasted sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands

from bot.delivery.answers.responses import page_address
from bot.delivery.answers.texts import GET_SUPPORT
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import OPTIONS_PER_SELECT, in_time
from bot.domain.words.text import shortened
from bot.errors import InputError
from bot.language.pages import WhyPage, find, page
from bot.language.pages.texts import CAUSE, DO_NOW, WHO_CAN
from cogs.member import texts
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.texts import GONE


def choices(typed: str) -> list[app_commands.Choice[str]]:
    """Return the pages that fit what is typed, best first, for Discord's list."""
    return [
        app_commands.Choice(name=shortened(each.title, CHOICE_CHARS), value=each.id)
        for each in find(typed)[:CHOICES_MAX]
    ]


async def show_page(interaction: Interaction, typed: str) -> None:
    """Answer with the page that fits best. Raises InputError if none does."""
    found = find(typed)
    if not found:
        raise InputError(texts.NO_PAGE, "why")
    await in_time(
        interaction.response.send_message(embed=_embed(found[0]), view=_view(interaction, found), ephemeral=True)
    )


@on("help_why")
async def choose_page(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Show the page that was chosen below another."""
    chosen = page(next(iter(values), ""))
    if chosen is None:
        raise InputError(GONE)
    view = _view(interaction, [chosen, *(each for each in find(chosen.title) if each.id != chosen.id)])
    await in_time(interaction.response.edit_message(embed=_embed(chosen), view=view))


def _embed(shown: WhyPage) -> discord.Embed:
    embed = discord.Embed(title=shown.title, color=NEUTRAL)
    embed.add_field(name=CAUSE, value=shown.cause, inline=False)
    embed.add_field(name=DO_NOW, value=shown.do, inline=False)
    embed.add_field(name=WHO_CAN, value=shown.who[:1].upper() + shown.who[1:], inline=False)
    return embed.set_footer(text=shown.id)


def _view(interaction: Interaction, found: Sequence[WhyPage]) -> discord.ui.View:
    options = [
        discord.SelectOption(label=shortened(each.title, CHOICE_CHARS), value=each.id, default=not number)
        for number, each in enumerate(found[:OPTIONS_PER_SELECT])
    ]
    items: list[discord.ui.Item[Any]] = [
        Control.select("help_why", "list", placeholder=str(texts.CHOOSE_PAGE), options=options)
    ]
    docs_url = interaction.client.settings.docs_url
    if docs_url is not None:
        items.append(discord.ui.Button(label=str(texts.IN_THE_DOCS), url=page_address(docs_url, found[0].id)))
    support_url = interaction.client.settings.support_url
    if support_url is not None and found[0].needs_host:
        items.append(discord.ui.Button(label=str(GET_SUPPORT), url=support_url))
    return view_of(items)
