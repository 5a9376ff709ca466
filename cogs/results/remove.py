"""Removing a result: every message that shows it is deleted, and on request its record too."""

from collections.abc import Sequence

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.delivery.formatting import message_link
from bot.domain.models import Card, Job
from bot.errors import InputError, NotAllowed, Refused
from cogs.results import texts
from cogs.ui.controls import Control, on_job, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import is_moderator
from cogs.ui.texts import GONE


async def removable(interaction: Interaction, job: Job) -> tuple[Card, Sequence[Job]]:
    """Return the job's card with its jobs, if this member may remove it now. Raises NotAllowed, Refused, InputError."""
    found = await interaction.client.parts.store.cards.with_jobs(job.guild_id, job.card_id)
    if found is None:
        raise InputError(GONE)
    if found[0].author_id != interaction.user.id and not await is_moderator(interaction):
        raise NotAllowed(texts.NOT_YOURS_TO_REMOVE)
    if not all(each.state.ended for each in found[1]):
        raise Refused(texts.STILL_OPEN)
    return found


@on_job("remove", when_erased=True)
async def ask_how(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask ephemerally whether to erase the record too."""
    await removable(interaction, job)
    danger = discord.ButtonStyle.danger
    answers = [
        Control.button("remove_result", job.id, label=texts.REMOVE_RESULT, style=danger),
        Control.button("remove_record", job.id, label=texts.REMOVE_RECORD, style=danger),
    ]
    await in_time(interaction.response.send_message(texts.REMOVE_QUESTION, view=view_of(answers), ephemeral=True))


@on_job("remove_result", when_erased=True)
async def remove_result(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Remove the result and keep its record."""
    await _remove(interaction, job, with_record=False)


@on_job("remove_record", when_erased=True)
async def remove_with_record(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Remove the result and erase its record."""
    await _remove(interaction, job, with_record=True)


async def _remove(interaction: Interaction, job: Job, *, with_record: bool) -> None:
    card, jobs = await removable(interaction, job)
    await in_time(interaction.response.defer())  # Discord may take longer than three seconds over ten messages
    sentence, is_done = await remove(interaction.client, card, jobs, by_id=interaction.user.id, with_record=with_record)
    view = None if is_done else discord.utils.MISSING
    await in_time(interaction.edit_original_response(content=sentence, view=view))


async def remove(bot: CannonBot, card: Card, jobs: Sequence[Job], *, by_id: int, with_record: bool) -> tuple[str, bool]:
    """Take down a card and every copy of its results, for a member who is allowed to.

    Returns the outcome as a sentence, and whether nothing is left to take down.
    """
    await bot.parts.moderation.removals.begin(card, jobs, by_id=by_id, with_record=with_record)
    taken = await bot.parts.delivery.takedown.take_down(card)
    what = str(texts.REMOVED_WITH_RECORD if with_record else texts.REMOVED)
    if not taken.left:
        return what, True
    sentence = texts.partly_removed(taken.gone, taken.left)
    if card.message_id is not None and not card.private:
        sentence = f"{sentence} {texts.one_is_here(message_link(card))}"
    return sentence, False


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered when this module is imported."""
