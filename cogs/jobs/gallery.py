"""The gallery of jobs: its first page, and what its controls do. The jobs are read again at each press."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.models import Card
from bot.errors import InputError
from bot.generation.visible_jobs import ListedJob
from cogs.jobs import texts
from cogs.jobs.browsing import ANY, SEARCH_ACTION, STATES, WORDS_CHARS, Browsing, require_may_browse
from cogs.jobs.one_job import open_job
from cogs.jobs.pages import PAGE_JOBS, Page, gallery
from cogs.ui.controls import on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import is_moderator
from cogs.ui.texts import GONE
from cogs.ui.viewer import viewer_of


async def show_first(interaction: Interaction, browsing: Browsing) -> None:
    """Answer ephemerally with a page. Raises NotAllowed for others' jobs, to who is no moderator."""
    await require_may_browse(interaction, browsing)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    view = gallery(interaction.client, await _page(interaction, browsing))
    await in_time(interaction.edit_original_response(view=view))


async def _show_instead(interaction: Interaction, browsing: Browsing) -> None:
    """Show a page in place of the one whose control was pressed."""
    await require_may_browse(interaction, browsing)
    await in_time(interaction.response.defer())
    view = gallery(interaction.client, await _page(interaction, browsing))
    if interaction.message is not None and interaction.message.embeds:  # a list of an earlier version
        await in_time(interaction.edit_original_response(content=None, embeds=[], view=view))
        return
    await in_time(interaction.edit_original_response(view=view))


async def _page(interaction: Interaction, browsing: Browsing) -> Page:
    bot, viewer = interaction.client, await viewer_of(interaction)
    listed = await bot.parts.generation.visible.page(
        viewer,
        author_id=browsing.author_id(viewer.member_id),
        states=browsing.states,
        words=browsing.words,
        limit=PAGE_JOBS + 1,
        offset=browsing.number * PAGE_JOBS,
    )
    shown = listed[:PAGE_JOBS]
    cards = await _cards(bot, viewer.guild_id, shown)
    seen = [(cards[each.job.card_id], each.job) for each in shown if each.job.card_id in cards]
    return Page(
        browsing=browsing,
        jobs=shown,
        cards=cards,
        pictures=await bot.parts.thumbnails.of(viewer.member_id, seen),
        has_more=len(listed) > PAGE_JOBS,
        for_moderator=await is_moderator(interaction),
    )


async def _cards(bot: CannonBot, guild_id: int, listed: Sequence[ListedJob]) -> dict[str, Card]:
    """Return the cards of the jobs that are seen, by their ids."""
    wanted = dict.fromkeys(each.job.card_id for each in listed if each.seen)
    found = [await bot.parts.store.cards.get(guild_id, card_id) for card_id in wanted]
    return {card.id: card for card in found if card is not None}


# ---------------------------------------------------------------------- its controls


@on("jobs_page")
async def turn_page(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show another page."""
    await _show_instead(interaction, Browsing.parse(subject, interaction.message))


@on("jobs_whose")
async def change_whose(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show everybody's jobs, or one's own."""
    await _show_instead(interaction, Browsing.parse(subject, interaction.message))


@on("jobs_state")
async def change_state(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Show the jobs in another state."""
    if not values or values[0] not in {ANY, *STATES}:
        raise InputError(GONE)
    await _show_instead(interaction, replace(Browsing.parse(subject, interaction.message), state=values[0]))


@on("jobs_open")
async def open_chosen(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Open one job."""
    if not values:
        raise InputError(GONE)
    await open_job(interaction, values[0])


@on(SEARCH_ACTION)
async def ask_words(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Ask in a form what to search for."""
    browsing = Browsing.parse(subject, interaction.message)
    await require_may_browse(interaction, browsing)
    await in_time(interaction.response.send_modal(SearchForm(interaction.client, browsing)))


class SearchForm(Form):
    """Takes what to search for; nothing ends the search."""

    def __init__(self, bot: CannonBot, browsing: Browsing) -> None:
        super().__init__(bot, title=str(texts.SEARCH_FORM), name="jobs")
        self._browsing = browsing
        self._words: discord.ui.TextInput[Any] = discord.ui.TextInput(
            default=browsing.typed or None, required=False, max_length=WORDS_CHARS
        )
        self.add_item(
            discord.ui.Label(text=str(texts.SEARCH_WORDS), description=str(texts.SEARCH_HINT), component=self._words)
        )

    async def answer(self, interaction: Interaction) -> None:
        """Show the first page of what is found."""
        await _show_instead(interaction, replace(self._browsing.at(0), typed=self._words.value.strip()))


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered when this module is imported."""
