"""`/recipe run`: several steps with one command. Moderators write recipes with `/studio recipes` (panel.py)."""

from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from cogs.recipes import texts
from cogs.recipes.finding import complete, find
from cogs.recipes.run import open_run
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of
from cogs.ui.texts import PRIVATE_OPTION

Name = app_commands.Range[str, 1, 60]


@app_commands.guild_only()
class RecipeCommands(commands.GroupCog, group_name="recipe", group_description=texts.RECIPE_GROUP):
    """A server's recipes and the built-in ones."""

    @app_commands.command(name="run", description=texts.RECIPE_RUN)
    @app_commands.describe(recipe=texts.NAME_OPTION, private=PRIVATE_OPTION)
    @app_commands.autocomplete(recipe=complete)
    async def run(self, interaction: Interaction, recipe: Name, private: bool = False) -> None:
        """Show the recipe's steps and price and ask for its parameters, then run it."""
        await open_run(interaction, await find(interaction.client, guild_of(interaction), recipe), private)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(RecipeCommands())
