"""`/recipe`: several steps with one command. Moderators write recipes, members run them."""

import io
import json
from difflib import get_close_matches
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import EMBED_DESCRIPTION_CHARS, EMBED_FIELD_CHARS
from bot.delivery.formatting import plain
from bot.domain.models import credits_text
from bot.domain.text import shortened, slug
from bot.errors import InputError
from bot.generation.built_in_recipes import BUILT_IN
from bot.generation.recipe_texts import RecipeTexts, texts_of
from bot.generation.recipes import NOT_SHARED, Recipe
from cogs.recipes.form import RecipeForm, save
from cogs.recipes.run import open_run
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.text_files import text_of_file
from cogs.ui.texts import PRIVATE_OPTION

FILE_MAX_BYTES = 64 * 1024
NAME_HELP = "The recipe"
STEP_CHARS = 700

Name = app_commands.Range[str, 1, 60]


async def find(bot: CannonBot, guild_id: int, typed: str) -> Recipe:
    """Return the recipe of that name: one that comes with the bot, or the server's own. Raises InputError."""
    name = " ".join(typed.split()).lower()
    for recipe in BUILT_IN:
        if recipe.name == name:
            return recipe
    kept = await bot.parts.store.recipes.get(guild_id, name)
    if kept is not None:
        return Recipe.from_json(kept.data, made_by=kept.made_by)
    names = [each.name for each in BUILT_IN] + [each.name for each in await bot.parts.store.recipes.all(guild_id)]
    close = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"The nearest is “{close[0]}”." if close else f"There is “{names[0]}”, for example."
    raise InputError(f"There is no recipe “{plain(shortened(name, 60))}” here. {hint}", "recipe")


async def _names(bot: CannonBot, guild_id: int, *, own_only: bool = False) -> list[tuple[str, str]]:
    """Return the names of recipes with what they are about."""
    kept = [(each.name, str(each.data.get("about", ""))) for each in await bot.parts.store.recipes.all(guild_id)]
    return kept if own_only else [*((each.name, each.about) for each in BUILT_IN), *kept]


def _completion(*, own_only: bool = False) -> Any:
    async def complete(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
        word = typed.strip().lower()
        found = await _names(interaction.client, interaction.guild_id or 0, own_only=own_only)
        return [
            app_commands.Choice(name=shortened(f"{name}: {about}" if about else name, CHOICE_CHARS), value=name)
            for name, about in found
            if word in name or word in about.lower()
        ][:CHOICES_MAX]

    return complete


@app_commands.guild_only()
class RecipeCommands(
    commands.GroupCog, group_name="recipe", group_description="Recipes: several steps with one command"
):
    """Recipes of a server, and those that come with the bot."""

    @app_commands.command(name="run", description="Run a recipe: all its steps, on one card, at one price")
    @app_commands.describe(recipe=NAME_HELP, private=PRIVATE_OPTION)
    @app_commands.autocomplete(recipe=_completion())
    async def run(self, interaction: Interaction, recipe: Name, private: bool = False) -> None:
        """Ask for the recipe's parameters, then run it."""
        await open_run(interaction, await find(interaction.client, guild_of(interaction), recipe), private)

    @app_commands.command(name="show", description="What a recipe does, step by step")
    @app_commands.describe(recipe=NAME_HELP)
    @app_commands.autocomplete(recipe=_completion())
    async def show(self, interaction: Interaction, recipe: Name) -> None:
        """Show a recipe, privately."""
        found = await find(interaction.client, guild_of(interaction), recipe)
        await interaction.response.send_message(embed=drawn(found, interaction.client.catalogue), ephemeral=True)

    @app_commands.command(name="create", description="Write a recipe, or take one from a file; for moderators")
    @app_commands.describe(file="A recipe that `/recipe share` has written; left out, you write it in a form")
    async def create(self, interaction: Interaction, file: discord.Attachment | None = None) -> None:
        """Open the form, or read the file."""
        await require_moderator(interaction)
        guild_of(interaction)
        if file is None:
            await interaction.response.send_modal(RecipeForm(interaction.client, RecipeTexts()))
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        shared = parsed(await text_of_file(file, at_most=FILE_MAX_BYTES))
        await save(interaction, texts_of(shared, replaces=None))

    @app_commands.command(name="edit", description="Change a recipe, or make your own of one; for moderators")
    @app_commands.describe(recipe="The recipe; of one that comes with the bot a copy is made, under a new name")
    @app_commands.autocomplete(recipe=_completion())
    async def edit(self, interaction: Interaction, recipe: Name) -> None:
        """Open the form with the recipe."""
        await require_moderator(interaction)
        found = await find(interaction.client, guild_of(interaction), recipe)
        texts = texts_of(found, replaces=None if found.built_in else found.name)
        await interaction.response.send_modal(RecipeForm(interaction.client, texts))

    @app_commands.command(name="delete", description="Delete a recipe of this server; for moderators")
    @app_commands.describe(recipe=NAME_HELP)
    @app_commands.autocomplete(recipe=_completion(own_only=True))
    async def delete(self, interaction: Interaction, recipe: Name) -> None:
        """Ask once more, then delete it."""
        await require_moderator(interaction)
        found = await find(interaction.client, guild_of(interaction), recipe)
        _require_own(found)
        yes = Control.button(
            "recipe_delete", found.name.replace(" ", "."), label="Delete", style=discord.ButtonStyle.danger
        )
        await interaction.response.send_message(
            f"Delete the recipe “{plain(found.name)}”? What runs of it goes on. `/recipe share` keeps it as a file.",
            view=view_of([yes]),
            ephemeral=True,
        )

    @app_commands.command(name="share", description="A recipe as a file, to be taken to another server")
    @app_commands.describe(recipe=NAME_HELP)
    @app_commands.autocomplete(recipe=_completion())
    async def share(self, interaction: Interaction, recipe: Name) -> None:
        """Hand out the recipe, privately."""
        found = await find(interaction.client, guild_of(interaction), recipe)
        data = json.dumps(found.to_json(), indent=2, ensure_ascii=False).encode()
        file = discord.File(io.BytesIO(data), f"{slug(found.name, 'recipe')}.recipe.json")
        await interaction.response.send_message(
            f"`/recipe create` with this file makes “{plain(found.name)}” on another server.", file=file, ephemeral=True
        )


def _require_own(recipe: Recipe) -> None:
    if recipe.built_in:
        raise InputError(f"“{recipe.name}” comes with the bot and stays; you can make your own of it.", "recipe")


@on("recipe_delete")
async def delete_recipe(interaction: Interaction, subject: str, _values: object) -> None:
    """Delete the recipe, if it is still there."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    found = await find(bot, guild_id, subject.replace(".", " "))
    _require_own(found)
    await bot.parts.moderation.recipes.delete(guild_id, found.name, by_id=interaction.user.id)
    await interaction.response.edit_message(content=f"Deleted: “{plain(found.name)}”.", view=None)


def parsed(text: str) -> Recipe:
    """Read a shared recipe. Raises InputError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(NOT_SHARED, "file") from None
    if not isinstance(data, dict):
        raise InputError(NOT_SHARED, "file")
    return Recipe.from_json(data)


# ---------------------------------------------------------------------- how a recipe is shown


def drawn(recipe: Recipe, catalogue: Catalogue) -> discord.Embed:
    """Draw a recipe as it reads: what it asks for, then its steps."""
    parts = [plain(recipe.about)] if recipe.about else []
    for number, step in enumerate(recipe.steps, start=1):
        try:
            operation = catalogue.resolve(step.operation)
        except InputError:
            title, price = step.operation, " · no longer there"
        else:
            fixed = operation.fixed_credits
            title, price = operation.title, "" if fixed is None else f" · {credits_text(fixed)} credits"
        values = "\n".join(f"{name}: {value}" for name, value in step.values.items())
        fenced = shortened(values, STEP_CHARS).replace("```", "\u02cb\u02cb\u02cb")
        block = f"\n```\n{fenced}\n```" if values else ""
        parts.append(f"**{number}. {plain(title)}** `{step.operation}`{price}{block}")
    embed = discord.Embed(
        title=f"Recipe: {plain(recipe.name)}",
        description=shortened("\n".join(parts), EMBED_DESCRIPTION_CHARS),
        colour=NEUTRAL,
    )
    if recipe.parameters:
        lines = [f"`{{{each.name}}}`{_about(each.about, each.default)}" for each in recipe.parameters]
        embed.add_field(name="Asks for", value=shortened("\n".join(lines), EMBED_FIELD_CHARS), inline=False)
    who = "It comes with the bot." if recipe.built_in else f"By <@{recipe.made_by}>."
    embed.add_field(name="Whose", value=who, inline=False)
    return embed


def _about(about: str, default: str) -> str:
    text = f" {plain(about)}" if about else ""
    return f"{text} (else: {plain(shortened(default, 80))})" if default else text


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(RecipeCommands())
