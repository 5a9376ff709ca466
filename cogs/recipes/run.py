"""Running a recipe: its parameters asked for, its links looked at, then the road of all commands, as one card."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Catalogue, Field, FieldKind, Operation
from bot.domain.models import MediaKind
from bot.domain.templates import parameters_in
from bot.domain.text import shortened
from bot.generation.generation import Generation
from bot.generation.recipes import Parameter, Recipe, check, steps_of
from bot.generation.sources import Source, SourceRef, probed
from bot.jobs.card_spec import JobSpec
from cogs.ui.forms import ABOUT_CHARS, INPUT_CHARS, JOB_ID, LABEL_CHARS, TITLE_CHARS, Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.workflows.submit import submit

_LINKS = {FieldKind.URL, FieldKind.URLS}


async def open_run(interaction: Interaction, recipe: Recipe, private: bool) -> None:
    """Ask for the recipe's parameters, or run it at once if it has none. Raises InputError if it cannot be run now."""
    guild_of(interaction)
    check(recipe, interaction.client.catalogue)  # the operations may have changed since it was saved
    if recipe.parameters:
        await interaction.response.send_modal(RunForm(interaction.client, recipe, private))
    else:
        await run(interaction, recipe, {}, private)


class RunForm(Form):
    """Asks for a recipe's parameters. What stands for a medium takes a link or the id of a job."""

    def __init__(self, bot: CannonBot, recipe: Recipe, private: bool) -> None:
        super().__init__(bot, title=shortened(recipe.name, TITLE_CHARS), name="run")
        self.recipe = recipe
        self.private = private
        media = media_parameters(recipe, bot.catalogue)
        self.inputs = {each.name: self._add(each, is_medium=each.name in media) for each in recipe.parameters}

    def _add(self, parameter: Parameter, *, is_medium: bool) -> discord.ui.TextInput[Any]:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.short if is_medium else discord.TextStyle.paragraph,
            default=parameter.default or None,
            required=not parameter.default,
            max_length=INPUT_CHARS,
        )
        about = parameter.about or f"What stands for {{{parameter.name}}}"
        if is_medium:
            about = f"{shortened(about, ABOUT_CHARS - 20)} (link or job id)"
        label = shortened(parameter.name.replace("_", " ").capitalize(), LABEL_CHARS)
        self.add_item(discord.ui.Label(text=label, description=shortened(about, ABOUT_CHARS), component=item))
        return item

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Run the recipe with what was typed."""
        typed = {name: item.value for name, item in self.inputs.items()}
        await run(interaction, self.recipe, typed, self.private)  # type: ignore[arg-type]  # our client's type


def media_parameters(recipe: Recipe, catalogue: Catalogue) -> set[str]:
    """Return the names of the parameters that stand for a medium."""
    found = set()
    for step in recipe.steps:
        links = {field.name for field in catalogue.resolve(step.operation).fields if field.kind in _LINKS}
        for parameter in recipe.parameters:
            if any(parameter.name in parameters_in(value) for name, value in step.values.items() if name in links):
                found.add(parameter.name)
    return found


async def run(interaction: Interaction, recipe: Recipe, given: Mapping[str, str], private: bool) -> None:
    """Ask for all steps of a recipe as one card: priced, limited, confirmed and approved as a whole.

    Links are looked at first, after Discord was put off. Raises what `ask` raises.
    """
    bot = interaction.client
    steps = steps_of(recipe, given, bot.catalogue)
    if any(_links_of(bot.catalogue.resolve(step.operation), step) for step in steps):
        await interaction.response.defer(ephemeral=private, thinking=True)
        steps = await looked_at(bot, guild_of(interaction), interaction.user.id, steps)
    *before, last = steps
    await submit(
        interaction,
        Generation(
            operation=last.operation,
            values=last.input,
            fill=last.fill,
            before=before,
            private=private,
            label=recipe.name,
        ),
    )


async def looked_at(bot: CannonBot, guild_id: int, member_id: int, steps: list[JobSpec]) -> list[JobSpec]:
    """Return the steps with every link looked at, jobs' ids turned into links, and what can be read from the files.

    Raises InputError or a MediaError.
    """
    found: dict[tuple[str, frozenset[MediaKind]], Source] = {}
    done = []
    for step in steps:
        operation = bot.catalogue.resolve(step.operation)
        values, sources = dict(step.input), {}
        for field, links in _links_of(operation, step):
            for link in links:
                if (link, field.media) not in found:
                    source = await bot.parts.sources.find(guild_id, member_id, _offered(link), field.media, field.label)
                    found[link, field.media] = source
            there = [found[link, field.media] for link in links]
            if field.kind is FieldKind.URL:
                values[field.name], sources[field.name] = there[0].url, there[0]
            else:
                values[field.name] = [source.url for source in there]
        done.append(replace(step, input={**probed(operation, values, sources), **values}))
    return done


def _links_of(operation: Operation, step: JobSpec) -> list[tuple[Field, list[str]]]:
    """Return the links, or ids of jobs, that stand in a step's input by now."""
    links = []
    for field in operation.fields:
        value = step.input.get(field.name)
        if field.kind in _LINKS and field.media and isinstance(value, str) and value.strip():
            links.append((field, value.split() if field.kind is FieldKind.URLS else [value.strip()]))
    return links


def _offered(typed: str) -> SourceRef:
    return SourceRef(job_id=typed) if JOB_ID.fullmatch(typed.upper()) else SourceRef(url=typed)
