"""The message menus: the next step from a medium in any message."""

from collections.abc import Sequence

import discord
from discord import app_commands

from bot.delivery.answers.command_payload import anywhere
from bot.domain.models import Job, MediaKind
from bot.errors import InputError
from bot.generation.again.next_steps import Medium, NextSteps
from bot.generation.texts import kind_needed
from cogs.results import texts
from cogs.results.next_step import JOB_ACTION, LINK_ACTION, find, of_offer, offer, open_form
from cogs.ui.controls import on, on_job
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of
from cogs.ui.texts import GONE

ANY = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO)


async def medium_in(interaction: Interaction, message: discord.Message, kinds: Sequence[MediaKind]) -> Medium:
    """Return the message's first medium of one of `kinds`. Raises Refused as `guild_of`, InputError if none."""
    guild_of(interaction)
    medium = await find(interaction, message, kinds)
    if medium is None:
        raise InputError(kind_needed(kinds))
    return medium


@app_commands.context_menu(name=texts.MENU_EDIT_IMAGE)
@anywhere
async def edit_image(interaction: Interaction, message: discord.Message) -> None:
    await open_form(interaction, "image.edit", await medium_in(interaction, message, [MediaKind.IMAGE]))


@app_commands.context_menu(name=texts.MENU_ANIMATE)
@anywhere
async def animate(interaction: Interaction, message: discord.Message) -> None:
    """Make a video that starts from the message's image."""
    await open_form(interaction, "video.generate", await medium_in(interaction, message, [MediaKind.IMAGE]))


@app_commands.context_menu(name=texts.MENU_UPSCALE)
@anywhere
async def upscale(interaction: Interaction, message: discord.Message) -> None:
    await open_form(interaction, "video.upscale", await medium_in(interaction, message, [MediaKind.VIDEO]))


@app_commands.context_menu(name=texts.MENU_NEXT_STEP)
@anywhere
async def next_step(interaction: Interaction, message: discord.Message) -> None:
    """Offer every operation that takes the message's first medium."""
    await offer(interaction, await medium_in(interaction, message, ANY))


MENUS = (edit_image, animate, upscale, next_step)


@on_job(JOB_ACTION)
async def next_step_of_job(interaction: Interaction, job: Job, values: Sequence[str]) -> None:
    """Open the form of the chosen operation for a job's result; from a button, offer the choice first."""
    medium = await use(interaction, NextSteps).medium_of(job)
    if medium is None:
        raise InputError(GONE)
    if not values:
        await offer(interaction, medium)
        return
    await open_form(interaction, values[0], medium)


@on(LINK_ACTION)
async def next_step_of_link(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Open the form of the chosen operation for a file in a message."""
    guild_of(interaction)
    if not values:
        raise InputError(GONE)
    await open_form(interaction, values[0], of_offer(interaction.message, subject))


async def setup(bot: Bot) -> None:
    for menu in MENUS:
        bot.tree.add_command(menu)


async def teardown(bot: Bot) -> None:
    for menu in MENUS:
        bot.tree.remove_command(menu.name, type=menu.type)
