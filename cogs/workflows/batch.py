"""`/batch`: many prompts for one operation, on one card."""

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Catalogue, Operation
from bot.domain.models import PROMPT_FIELDS
from bot.domain.spend_request import JOBS_PER_CARD
from bot.domain.text import one_line
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.jobs.card_spec import JobSpec
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.ui.text_files import text_of_file
from cogs.workflows.options import PRIVATE_HELP
from cogs.workflows.submit import submit

FILE_MAX_BYTES = 256 * 1024
"""Twenty prompts of 6,000 characters, and then some."""
_BREAK = re.compile(r"[\n|]")
RATIO_FIELDS = ("aspect_ratio", "aspectRatio")


def prompt_field(operation: Operation) -> str | None:
    """Return the field that takes the words, None if the operation cannot be run with words alone."""
    names = [field.name for field in operation.fields]
    found = next((name for name in PROMPT_FIELDS if name in names), None)
    required = {field.name for field in operation.fields if field.required}
    return found if found is not None and required <= {found} else None


def _ratio_field(operation: Operation) -> str:
    names = {field.name for field in operation.fields}
    return next((name for name in RATIO_FIELDS if name in names), RATIO_FIELDS[0])


def unfit(catalogue: Catalogue) -> set[str]:
    """Return the ids of the operations that a batch cannot run."""
    return {operation.id for operation in catalogue.operations.values() if prompt_field(operation) is None}


async def _operations(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
    bot = interaction.client
    off = {key for key in bot.catalogue.operations if not bot.parts.switches.is_on(interaction.guild_id or 0, key)}
    offered = bot.catalogue.suggest_operations(typed, without=off | unfit(bot.catalogue))
    return [app_commands.Choice(name=label, value=value) for label, value in offered]


async def _models(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
    return _values(interaction, "model", typed)


async def _ratios(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
    chosen = str(vars(interaction.namespace).get("operation") or "")
    try:
        name = _ratio_field(interaction.client.catalogue.resolve(chosen))
    except InputError:
        return []
    return _values(interaction, name, typed)


def _values(interaction: discord.Interaction[CannonBot], field: str, typed: str) -> list[app_commands.Choice[str]]:
    given = dict(vars(interaction.namespace))
    offered = interaction.client.catalogue.suggest(str(given.get("operation") or ""), field, typed, given)
    return [app_commands.Choice(name=label, value=value) for label, value in offered if isinstance(value, str)]


class Batch(commands.Cog):
    """Many at once."""

    @app_commands.command(name="batch", description="Up to 20 prompts for one operation, on one card")
    @app_commands.guild_only()
    @app_commands.describe(
        operation="What to make of each prompt",
        prompts="The prompts, with | between them",
        file="Or a text file with one prompt a line",
        model="For all of them; as in the operation's own command",
        aspect_ratio="For all of them, e.g. 16:9",
        private=PRIVATE_HELP,
    )
    @app_commands.autocomplete(operation=_operations, model=_models, aspect_ratio=_ratios)
    async def batch(
        self,
        interaction: Interaction,
        operation: str,
        prompts: str | None = None,
        file: discord.Attachment | None = None,
        model: str | None = None,
        aspect_ratio: str | None = None,
        private: bool = False,
    ) -> None:
        """Make something of each prompt, at one price for all."""
        guild_of(interaction)
        bot = interaction.client
        chosen = bot.catalogue.resolve(operation.strip())
        if prompt_field(chosen) is None:
            raise InputError(f"{chosen.title} needs more than words, so it cannot be run as a batch.", "operation")
        if (prompts is None) == (file is None):
            raise InputError(
                "Give the prompts in one way: as `prompts`, with | between them, or as a `file`.", "prompts"
            )
        text = prompts or ""
        if file is not None:
            await interaction.response.defer(ephemeral=private, thinking=True)
            text = await text_of_file(file, at_most=FILE_MAX_BYTES)
        lines = split(text, in_file=file is not None)
        *before, last = steps(bot.catalogue, chosen, lines, model, aspect_ratio)
        request = Generation(operation=last.operation, values=last.input, before=before, private=private)
        await submit(interaction, request)


def split(text: str, *, in_file: bool) -> list[str]:
    """Return the prompts that a text holds: one a line, or outside files with | between. Raises InputError."""
    found = [one_line(line) for line in (text.split("\n") if in_file else _BREAK.split(text))]
    prompts = [line for line in found if line]
    if not prompts:
        raise InputError("There is no prompt in this.", "prompts")
    if len(prompts) > JOBS_PER_CARD:
        raise InputError(f"A batch takes at most {JOBS_PER_CARD} prompts; you gave {len(prompts)}.", "prompts")
    return prompts


def steps(
    catalogue: Catalogue, operation: Operation, prompts: Sequence[str], model: str | None, aspect_ratio: str | None
) -> list[JobSpec]:
    """Return the jobs of a batch. Raises InputError that names the prompt, if one of them is not fit."""
    shared: dict[str, Any] = {}
    if model:
        shared["model"] = model
    if aspect_ratio:
        shared[_ratio_field(operation)] = aspect_ratio
    name = prompt_field(operation) or PROMPT_FIELDS[0]
    made = []
    for number, prompt in enumerate(prompts, start=1):
        values = {**shared, name: prompt}
        try:
            catalogue.check(operation.id, values)
        except InputError as error:
            if error.field != name:
                raise  # it is the same for all of them
            raise InputError(f"Prompt {number}: {error.sentence}", "prompts") from None
        made.append(JobSpec(operation=operation.id, input=values))
    return made


async def setup(bot: CannonBot) -> None:
    """Load the command."""
    await bot.add_cog(Batch())
