"""Finding recipes by name: the built-in ones and the server's own."""

from collections.abc import Awaitable, Callable
from difflib import get_close_matches

import discord
from discord import app_commands

from bot.app.client import CannonBot
from bot.domain.harmless_text import harmless
from bot.domain.text import shortened
from bot.errors import InputError
from bot.generation.built_in_recipes import built_in
from bot.generation.recipes import Recipe
from cogs.recipes import texts
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX

SIMILAR = 0.4

Complete = Callable[[discord.Interaction[CannonBot], str], Awaitable[list[app_commands.Choice[str]]]]


async def own_recipes(bot: CannonBot, guild_id: int) -> list[Recipe]:
    """Return the server's own recipes, by name."""
    kept = await bot.parts.store.recipes.all(guild_id)
    return [Recipe.from_json(each.data, made_by=each.made_by) for each in kept]


async def find(bot: CannonBot, guild_id: int, typed: str) -> Recipe:
    """Return the recipe of that name: a built-in one or the server's own. Raises InputError."""
    name = " ".join(typed.split()).lower()
    for recipe in built_in():
        if recipe.name == name:
            return recipe
    kept = await bot.parts.store.recipes.get(guild_id, name)
    if kept is not None:
        return Recipe.from_json(kept.data, made_by=kept.made_by)
    names = [each.name for each in built_in()] + [each.name for each in await bot.parts.store.recipes.all(guild_id)]
    close = get_close_matches(name, names, n=1, cutoff=SIMILAR)
    said = harmless(shortened(name, 60))
    raise InputError(texts.no_recipe(said, close[0]) if close else texts.no_such_recipe(said, names[0]), "recipe")


async def complete(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
    """Return the recipes whose name or description has what was typed, for an option's list of choices."""
    word = typed.strip().lower()
    kept = await interaction.client.parts.store.recipes.all(interaction.guild_id or 0)
    found = [(each.name, each.about) for each in built_in()]
    found += [(each.name, str(each.data.get("about", ""))) for each in kept]
    return [
        app_commands.Choice(name=shortened(texts.choice(name, about) if about else name, CHOICE_CHARS), value=name)
        for name, about in found
        if word in name or word in about.lower()
    ][:CHOICES_MAX]


def subject_of(recipe: Recipe) -> str:
    """Return a recipe's name as the subject of a control, which has no spaces."""
    return recipe.name.replace(" ", ".")


async def find_subject(bot: CannonBot, guild_id: int, subject: str) -> Recipe:
    """Return the recipe of a control's subject. Raises InputError."""
    return await find(bot, guild_id, subject.replace(".", " "))
