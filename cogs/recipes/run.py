"""Running a recipe: its steps and price, a form for its parameters, then one card, submitted as all commands are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery.answers.command_payload import anywhere
from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.domain.money.spend_request import TYPED, Consent
from bot.domain.money.spending_policy import needs_approval
from bot.domain.words.templates import parameters_in, with_parameters
from bot.domain.words.text import harmless, shortened, stamp
from bot.errors import InputError
from bot.generation.recipes.recipes import Parameter, Recipe
from bot.generation.recipes.run import RecipeRuns
from bot.server.community.texts import when_words
from bot.store import GuildSettings, Schedules
from cogs.recipes import texts
from cogs.recipes.shown import complete, find, find_subject, input_label, recipe_embed, run_line, subject_of
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import ABOUT_CHARS, INPUT_CHARS, INPUTS, TITLE_CHARS, Form
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, origin_of
from cogs.ui.prices import PRICED, Total, pressed, priced, total_of
from cogs.ui.texts import APPROVED_FIRST, GONE, PRIVATE_OPTION
from cogs.workflows.asked.submit import submit


async def total_of_run(bot: Bot, guild_id: int, recipe: Recipe) -> Total:
    """Return the recipe's price with default parameters.

    Unknown for a step whose price depends on a parameter without a default.
    """
    defaults = {each.name: each.default for each in recipe.parameters if each.default}
    steps, unknown = [], 0
    for step in recipe.steps:
        values = {name: value for name, value in step.values.items() if set(parameters_in(value)) <= defaults.keys()}
        if PRICED & (step.values.keys() - values.keys()):
            unknown += 1
            continue
        steps.append((step.operation, {name: with_parameters(value, defaults) for name, value in values.items()}))
    total = await total_of(bot, guild_id, steps)
    return Total(credits=total.credits, unknown=total.unknown + unknown, exact=total.exact)


PUBLIC, PRIVATE = "o", "p"


async def open_run(interaction: Interaction, recipe: Recipe, private: bool) -> None:
    """Open the form for the recipe's parameters, or show the recipe and a button that runs it.

    Raises InputError if it cannot be run now.
    """
    bot = interaction.client
    use(bot, RecipeRuns).require_runnable(recipe)
    total, text = await _offered(interaction, recipe)
    if 0 < len(recipe.parameters) < INPUTS:
        consent = TYPED if total.price is None else Consent(pressed=True, labelled=total.price)
        await RunForm(bot, recipe, private, consent, text).open(interaction)
        return
    about = [harmless(recipe.about)] if recipe.about else []
    embed = recipe_embed(recipe, "\n".join([*about, text]))
    subject = f"{PRIVATE if private else PUBLIC}.{subject_of(recipe)}"
    label = priced(texts.RUN, total.price)
    button = Control.button("recipe_run", subject, label=label, style=discord.ButtonStyle.primary)
    await in_time(interaction.response.send_message(embed=embed, view=view_of([button]), ephemeral=True))


async def _offered(interaction: Interaction, recipe: Recipe) -> tuple[Total, str]:
    """Return the price of a run, and what it makes for that: steps, price, and whether a moderator is asked."""
    bot, guild_id = interaction.client, guild_of(interaction)
    total = await total_of_run(bot, guild_id, recipe)
    lines = [run_line(recipe, bot.catalogue, total)]
    lines += [
        texts.SCHEDULED_RUN(when=when_words(each), state=texts.NEXT_RUN(time=stamp(each.next_at, "f")))
        for each in await use(bot, Schedules).all(guild_id)
        if each.recipe == recipe.name and each.next_at is not None
    ]
    if needs_approval(total.shown, await use(bot, GuildSettings).get(guild_id)):
        lines.append(str(APPROVED_FIRST))
    return total, "\n".join(lines)


@on("recipe_run")
async def run_shown(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Run the recipe, or ask for its parameters if they left no room for the steps."""
    visibility, _, name = subject.partition(".")
    if visibility not in {PUBLIC, PRIVATE} or not name:
        raise InputError(GONE)
    bot, private = interaction.client, visibility == PRIVATE
    recipe = await find_subject(bot, guild_of(interaction), name)
    use(bot, RecipeRuns).require_runnable(recipe)
    if not recipe.parameters:
        await run(interaction, recipe, {}, private, consent=pressed(interaction))
        return
    shown = pressed(interaction)
    await RunForm(bot, recipe, private, TYPED if shown.labelled is None else shown).open(interaction)


class RunForm(Form):
    """Asks for parameters; a medium takes a link or a job id.

    Below them is a `text` with the steps and the price, which is a promise, as that on the button before the form.
    """

    def __init__(self, bot: Bot, recipe: Recipe, private: bool, consent: Consent, text: str = "") -> None:
        super().__init__(bot, title=shortened(recipe.name, TITLE_CHARS), name="run")
        self.recipe = recipe
        self.private = private
        self.consent = consent
        media = use(bot, RecipeRuns).media_parameters(recipe)
        self.inputs = {each.name: self._add(each, is_medium=each.name in media) for each in recipe.parameters}
        if text:
            self.add_item(discord.ui.TextDisplay(text))

    def _add(self, parameter: Parameter, *, is_medium: bool) -> discord.ui.TextInput[Any]:
        name = input_label(parameter.name)
        about = parameter.about or texts.PARAMETER(input=name)
        if is_medium:
            about = texts.LINK_OR_JOB(about=shortened(about, ABOUT_CHARS - 20))
        default = parameter.default
        return self.ask_text(name, about, text=default, chars=INPUT_CHARS, long=not is_medium, required=not default)

    async def answer(self, interaction: Interaction) -> None:
        typed = {name: item.value for name, item in self.inputs.items()}
        await run(interaction, self.recipe, typed, self.private, consent=self.consent)


async def run(
    interaction: Interaction,
    recipe: Recipe,
    arguments: Mapping[str, str],
    private: bool,
    *,
    consent: Consent,
) -> None:
    """Submit all steps of a recipe as one card: priced, limited, confirmed and approved as a whole.

    If links have to be checked, the interaction is deferred first. Raises what `submit` raises.
    """
    runs = use(interaction, RecipeRuns)
    begun = runs.begin(recipe, arguments)
    origin = await origin_of(interaction)
    if begun.is_slow:
        await runs.require_admitted(begun, origin)
        await defer(interaction, ephemeral=private, thinking=True)
    made = await runs.generation(begun, origin, private=private)
    await submit(interaction, replace(made, consent=consent))


Name = app_commands.Range[str, 1, 60]


class RecipeCommands(commands.Cog):
    """A server's recipes and the built-in ones."""

    @app_commands.command(name="recipe", description=texts.RECIPE_RUN)
    @anywhere
    @app_commands.describe(recipe=texts.NAME_OPTION, private=PRIVATE_OPTION)
    @app_commands.autocomplete(recipe=complete)
    async def recipe(self, interaction: Interaction, recipe: Name, private: bool = False) -> None:
        """Show the recipe's steps and price and ask for its parameters, then run it."""
        await open_run(interaction, await find(interaction.client, guild_of(interaction), recipe), private)


async def setup(bot: Bot) -> None:
    await bot.add_cog(RecipeCommands())
