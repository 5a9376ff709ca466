"""The message menu *Made here?*: whether this server's bot made what a message shows."""

import discord
from discord import app_commands

from bot.delivery import Delivery
from bot.delivery.card.card import BETWEEN
from bot.delivery.channels.facts import in_time
from bot.delivery.channels.view import message_link
from bot.delivery.files.made_here import MadeHere
from bot.domain.models import Job
from bot.domain.words.text import stamp
from bot.language import tr
from bot.store import Cards
from cogs.community import texts
from cogs.results.details import details_button
from cogs.ui.controls import view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import viewer_of


@app_commands.context_menu(name=texts.MENU_MADE_HERE)
@app_commands.guild_only()
async def made_here(interaction: Interaction, message: discord.Message) -> None:
    """Reply ephemerally whether the message, or a file in it, is a result of this server that the reader may see."""
    viewer = await viewer_of(interaction)
    await in_time(interaction.response.defer(ephemeral=True, thinking=True))
    job = await use(interaction, MadeHere).job_of(viewer, message)
    if job is None:
        await in_time(interaction.edit_original_response(content=str(texts.NOT_MADE_HERE)))
        return
    card = await use(interaction, Cards).get(job.guild_id, job.card_id)
    link = "" if card is None or card.message_id is None else message_link(card)
    said = "\n".join(
        filter(None, [texts.MADE_HERE(author=f"<@{job.author_id}>"), f"-# {await _facts(interaction, job)}", link])
    )
    quiet = discord.AllowedMentions.none()
    await in_time(
        interaction.edit_original_response(content=said, view=view_of([details_button(job)]), allowed_mentions=quiet)
    )


async def _facts(interaction: Interaction, job: Job) -> str:
    operation = interaction.client.catalogue.find(job.operation)
    title = job.operation if operation is None else tr(operation.title)
    made_with = await use(interaction, Delivery).made_with(job)
    return BETWEEN.join(filter(None, [title, made_with, stamp(job.created_at, "f")]))


async def setup(bot: Bot) -> None:
    bot.tree.add_command(made_here)


async def teardown(bot: Bot) -> None:
    bot.tree.remove_command(made_here.name, type=made_here.type)
