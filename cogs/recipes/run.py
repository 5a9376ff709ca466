"""Running a recipe: a form for its parameters, then one card, submitted as all commands are."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.text import shortened
from bot.generation.recipes import Parameter, Recipe
from cogs.recipes import texts
from cogs.recipes.total import total_of_run
from cogs.ui.forms import ABOUT_CHARS, INPUT_CHARS, LABEL_CHARS, TITLE_CHARS, Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.ui.texts import with_price
from cogs.ui.viewer import origin_of
from cogs.workflows.submit import submit


async def open_run(interaction: Interaction, recipe: Recipe, private: bool) -> None:
    """Ask for the recipe's parameters, or run it if it has none. Raises InputError if it cannot be run now."""
    guild_id, bot = guild_of(interaction), interaction.client
    bot.parts.generation.recipe_runs.require_runnable(recipe)
    if recipe.parameters:
        total = await total_of_run(bot, guild_id, recipe)
        await in_time(interaction.response.send_modal(RunForm(bot, recipe, private, total.short())))
    else:
        await run(interaction, recipe, {}, private)


class RunForm(Form):
    """Asks for a recipe's parameters, its price in the title. One for a medium takes a link or the id of a job."""

    def __init__(self, bot: CannonBot, recipe: Recipe, private: bool, price: str) -> None:
        super().__init__(bot, title=with_price(recipe.name, price, TITLE_CHARS), name="run")
        self.recipe = recipe
        self.private = private
        media = bot.parts.generation.recipe_runs.media_parameters(recipe)
        self.inputs = {each.name: self._add(each, is_medium=each.name in media) for each in recipe.parameters}

    def _add(self, parameter: Parameter, *, is_medium: bool) -> discord.ui.TextInput[Any]:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.short if is_medium else discord.TextStyle.paragraph,
            default=parameter.default or None,
            required=not parameter.default,
            max_length=INPUT_CHARS,
        )
        about = parameter.about or texts.parameter(parameter.name)
        if is_medium:
            about = texts.link_or_job(shortened(about, ABOUT_CHARS - 20))
        label = shortened(parameter.name.replace("_", " ").capitalize(), LABEL_CHARS)
        self.add_item(discord.ui.Label(text=label, description=shortened(about, ABOUT_CHARS), component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Run the recipe with what was typed."""
        typed = {name: item.value for name, item in self.inputs.items()}
        await run(interaction, self.recipe, typed, self.private)


async def run(interaction: Interaction, recipe: Recipe, arguments: Mapping[str, str], private: bool) -> None:
    """Submit all steps of a recipe as one card: priced, limited, confirmed and approved as a whole.

    Where links are to be checked the interaction is deferred first. Raises what `submit` raises.
    """
    runs = interaction.client.parts.generation.recipe_runs
    begun = runs.begin(recipe, arguments)
    origin = await origin_of(interaction)
    if begun.is_slow:
        await runs.require_admitted(begun, origin)
        await in_time(interaction.response.defer(ephemeral=private, thinking=True))
    await submit(interaction, await runs.generation(begun, origin, private=private))
