"""`/batch`: many prompts for one operation, on one card."""

from collections.abc import Iterable, Mapping
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.answers.command_payload import TEXT_FILES, anywhere, takes_files
from bot.delivery.answers.deferral import defer
from bot.errors import InputError
from bot.generation.generation import batch, operation_typed, ratio_field, split_prompts, unsupported
from bot.server.operations import OperationSwitches
from cogs.ui.choices import or_none
from cogs.ui.forms import text_of_file
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of
from cogs.ui.prices import Offer, with_prices
from cogs.ui.texts import PRIVATE_OPTION
from cogs.workflows import texts
from cogs.workflows.asked.own import is_private, preset_completion
from cogs.workflows.asked.submit import submit

FILE_MAX_BYTES = 256 * 1024
"""Room for twenty prompts of 6,000 characters."""


def _chosen(options: Mapping[str, Any]) -> str:
    return str(options.get("operation") or "")


async def _operations(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    bot, switches = interaction.client, use(interaction, OperationSwitches)
    off = switches.off(guild_of(interaction))
    offered = bot.catalogue.suggest_operations(typed, without=off | unsupported(bot.catalogue))
    return [app_commands.Choice(name=label, value=value) for label, value in offered]


@or_none
async def _models(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    chosen = _chosen(vars(interaction.namespace))
    offered = _offers(interaction, "model", typed)
    return _choices(await with_prices(interaction, chosen, "model", offered, {}))


async def _ratios(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    chosen = _chosen(vars(interaction.namespace))
    try:
        name = ratio_field(interaction.client.catalogue.resolve(chosen))
    except InputError:
        return []
    return _choices(_offers(interaction, name, typed))


def _offers(interaction: Interaction, field: str, typed: str) -> list[Offer]:
    given = dict(vars(interaction.namespace))
    return interaction.client.catalogue.suggest(str(given.get("operation") or ""), field, typed, given)


def _choices(offered: Iterable[Offer]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=label, value=value) for label, value in offered if isinstance(value, str)]


class Batch(commands.Cog):
    """Runs one operation on many prompts."""

    @app_commands.command(name="batch", description=texts.BATCH)
    @anywhere
    @takes_files(file=TEXT_FILES)
    @app_commands.describe(
        operation=texts.BATCH_OPERATION_OPTION,
        prompts=texts.BATCH_PROMPTS_OPTION,
        file=texts.BATCH_FILE_OPTION,
        model=texts.BATCH_MODEL_OPTION,
        aspect_ratio=texts.BATCH_ASPECT_RATIO_OPTION,
        enhance=texts.BATCH_ENHANCE_OPTION,
        private=PRIVATE_OPTION,
        preset=texts.PRESET_OPTION,
    )
    @app_commands.autocomplete(
        operation=_operations, model=_models, aspect_ratio=_ratios, preset=preset_completion(_chosen)
    )
    async def batch(
        self,
        interaction: Interaction,
        operation: str,
        prompts: str | None = None,
        file: discord.Attachment | None = None,
        model: str | None = None,
        aspect_ratio: str | None = None,
        enhance: bool = False,
        private: bool = False,
        preset: str | None = None,
    ) -> None:
        guild_of(interaction)
        bot = interaction.client
        chosen = operation_typed(bot.catalogue, operation)
        if (prompts is None) == (file is None):
            raise InputError(texts.PROMPTS_NOT_GIVEN, "prompts")
        text = prompts or ""
        private = await is_private(interaction, private=private)
        if file is not None:
            await defer(interaction, ephemeral=private, thinking=True)
            text = await text_of_file(file, at_most=FILE_MAX_BYTES)
        lines = split_prompts(text, in_file=file is not None)
        generation = batch(
            bot.catalogue, chosen, lines, model=model, aspect_ratio=aspect_ratio, private=private, enhance=enhance
        )
        await submit(interaction, generation)


async def setup(bot: Bot) -> None:
    await bot.add_cog(Batch())
