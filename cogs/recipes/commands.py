"""`/recipe`: several steps with one command. Moderators write recipes, members run them."""

import io
import json
from difflib import get_close_matches
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.app.command_payload import TEXT_FILES, takes_files
from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import UPLOAD_TIMEOUT_S, in_time
from bot.delivery.discord_facts import EMBED_DESCRIPTION_CHARS, EMBED_FIELD_CHARS
from bot.domain.harmless_text import harmless, harmless_within, in_block
from bot.domain.models import credits_words
from bot.domain.text import shortened, slug
from bot.errors import InputError
from bot.generation.built_in_recipes import BUILT_IN
from bot.generation.recipe_texts import RecipeTexts, texts_of
from bot.generation.recipes import Recipe
from bot.generation.texts import NOT_SHARED
from cogs.recipes import texts
from cogs.recipes.form import RecipeForm, save
from cogs.recipes.run import open_run
from cogs.recipes.total import total_of_run
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.text_files import text_of_file
from cogs.ui.texts import DELETE, PRIVATE_OPTION

FILE_MAX_BYTES = 64 * 1024
STEP_CHARS = 700

Name = app_commands.Range[str, 1, 60]


async def find(bot: CannonBot, guild_id: int, typed: str) -> Recipe:
    """Return the recipe of that name: a built-in one or the server's own. Raises InputError."""
    name = " ".join(typed.split()).lower()
    for recipe in BUILT_IN:
        if recipe.name == name:
            return recipe
    kept = await bot.parts.store.recipes.get(guild_id, name)
    if kept is not None:
        return Recipe.from_json(kept.data, made_by=kept.made_by)
    names = [each.name for each in BUILT_IN] + [each.name for each in await bot.parts.store.recipes.all(guild_id)]
    close = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = texts.nearest(close[0]) if close else texts.for_example(names[0])
    raise InputError(texts.no_recipe(harmless(shortened(name, 60)), hint), "recipe")


async def _names(bot: CannonBot, guild_id: int, *, own_only: bool = False) -> list[tuple[str, str]]:
    """Return the names of recipes with their descriptions."""
    kept = [(each.name, str(each.data.get("about", ""))) for each in await bot.parts.store.recipes.all(guild_id)]
    return kept if own_only else [*((each.name, each.about) for each in BUILT_IN), *kept]


def _completion(*, own_only: bool = False) -> Any:
    async def complete(interaction: discord.Interaction[CannonBot], typed: str) -> list[app_commands.Choice[str]]:
        word = typed.strip().lower()
        found = await _names(interaction.client, interaction.guild_id or 0, own_only=own_only)
        return [
            app_commands.Choice(name=shortened(texts.choice(name, about) if about else name, CHOICE_CHARS), value=name)
            for name, about in found
            if word in name or word in about.lower()
        ][:CHOICES_MAX]

    return complete


@app_commands.guild_only()
class RecipeCommands(commands.GroupCog, group_name="recipe", group_description=texts.RECIPE_GROUP):
    """A server's recipes and the built-in ones."""

    @app_commands.command(name="run", description=texts.RECIPE_RUN)
    @app_commands.describe(recipe=texts.NAME_OPTION, private=PRIVATE_OPTION)
    @app_commands.autocomplete(recipe=_completion())
    async def run(self, interaction: Interaction, recipe: Name, private: bool = False) -> None:
        """Ask for the recipe's parameters, then run it."""
        await open_run(interaction, await find(interaction.client, guild_of(interaction), recipe), private)

    @app_commands.command(name="show", description=texts.RECIPE_SHOW)
    @app_commands.describe(recipe=texts.NAME_OPTION)
    @app_commands.autocomplete(recipe=_completion())
    async def show(self, interaction: Interaction, recipe: Name) -> None:
        """Show a recipe ephemerally."""
        found = await find(interaction.client, guild_of(interaction), recipe)
        embed = recipe_embed(found, interaction.client.catalogue)
        total = await total_of_run(interaction.client, guild_of(interaction), found)
        embed.insert_field_at(-1, name=texts.COSTS, value=total.words(), inline=False)
        await in_time(interaction.response.send_message(embed=embed, ephemeral=True))

    @app_commands.command(name="create", description=texts.RECIPE_CREATE)
    @takes_files(file=TEXT_FILES)
    @app_commands.describe(file=texts.FILE_OPTION)
    async def create(self, interaction: Interaction, file: discord.Attachment | None = None) -> None:
        """Open the form, or read the file."""
        await require_moderator(interaction)
        guild_of(interaction)
        if file is None:
            await in_time(interaction.response.send_modal(RecipeForm(interaction.client, RecipeTexts())))
            return
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        shared = read_shared(await text_of_file(file, at_most=FILE_MAX_BYTES))
        await save(interaction, texts_of(shared, replaces=None))

    @app_commands.command(name="edit", description=texts.RECIPE_EDIT)
    @app_commands.describe(recipe=texts.EDITED_OPTION)
    @app_commands.autocomplete(recipe=_completion())
    async def edit(self, interaction: Interaction, recipe: Name) -> None:
        """Open the form with the recipe."""
        await require_moderator(interaction)
        found = await find(interaction.client, guild_of(interaction), recipe)
        draft = texts_of(found, replaces=None if found.built_in else found.name)
        await in_time(interaction.response.send_modal(RecipeForm(interaction.client, draft)))

    @app_commands.command(name="delete", description=texts.RECIPE_DELETE)
    @app_commands.describe(recipe=texts.NAME_OPTION)
    @app_commands.autocomplete(recipe=_completion(own_only=True))
    async def delete(self, interaction: Interaction, recipe: Name) -> None:
        """Ask for confirmation before it is deleted."""
        await require_moderator(interaction)
        found = await find(interaction.client, guild_of(interaction), recipe)
        _require_own(found)
        yes = Control.button(
            "recipe_delete", found.name.replace(" ", "."), label=str(DELETE), style=discord.ButtonStyle.danger
        )
        await in_time(
            interaction.response.send_message(
                texts.delete_question(harmless(found.name)),
                view=view_of([yes]),
                ephemeral=True,
            )
        )

    @app_commands.command(name="share", description=texts.RECIPE_SHARE)
    @app_commands.describe(recipe=texts.NAME_OPTION)
    @app_commands.autocomplete(recipe=_completion())
    async def share(self, interaction: Interaction, recipe: Name) -> None:
        """Send the recipe as a file, ephemerally."""
        found = await find(interaction.client, guild_of(interaction), recipe)
        data = json.dumps(found.to_json(), indent=2, ensure_ascii=False).encode()
        file = discord.File(io.BytesIO(data), f"{slug(found.name, 'recipe')}.recipe.json")
        await in_time(
            interaction.response.send_message(texts.shared(harmless(found.name)), file=file, ephemeral=True),
            UPLOAD_TIMEOUT_S,
        )


def _require_own(recipe: Recipe) -> None:
    if recipe.built_in:
        raise InputError(texts.cannot_delete_built_in(recipe.name), "recipe")


@on("recipe_delete")
async def delete_recipe(interaction: Interaction, subject: str, _values: object) -> None:
    """Delete the recipe, if it is still there."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    found = await find(bot, guild_id, subject.replace(".", " "))
    _require_own(found)
    await bot.parts.moderation.recipes.delete(guild_id, found.name, by_id=interaction.user.id)
    await in_time(interaction.response.edit_message(content=texts.deleted(harmless(found.name)), view=None))


def read_shared(text: str) -> Recipe:
    """Read a shared recipe. Raises InputError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(NOT_SHARED, "file") from None
    if not isinstance(data, dict):
        raise InputError(NOT_SHARED, "file")
    return Recipe.from_json(data)


# ---------------------------------------------------------------------- how a recipe is shown


def recipe_embed(recipe: Recipe, catalogue: Catalogue) -> discord.Embed:
    """Draw a recipe: its description and steps, then its parameters and owner."""
    parts = [harmless(recipe.about)] if recipe.about else []
    for number, step in enumerate(recipe.steps, start=1):
        try:
            operation = catalogue.resolve(step.operation)
        except InputError:
            title, price = step.operation, f" · {texts.OPERATION_GONE}"
        else:
            fixed = operation.fixed_credits
            title, price = operation.title, "" if fixed is None else f" · {credits_words(fixed)}"
        values = "\n".join(f"{name}: {value}" for name, value in step.values.items())
        block = f"\n{in_block(shortened(values, STEP_CHARS))}" if values else ""
        parts.append(f"**{number}. {harmless(title)}** `{step.operation}`{price}{block}")
    embed = discord.Embed(
        title=texts.recipe_title(harmless(recipe.name)),
        description=fitting(parts, EMBED_DESCRIPTION_CHARS),
        colour=NEUTRAL,
    )
    if recipe.parameters:
        lines = [f"`{{{each.name}}}`{_about(each.about, each.default)}" for each in recipe.parameters]
        embed.add_field(name=texts.PARAMETERS_SHOWN, value=shortened("\n".join(lines), EMBED_FIELD_CHARS), inline=False)
    who = texts.BUILT_IN if recipe.built_in else texts.made_by(recipe.made_by)
    embed.add_field(name=texts.OWNER, value=who, inline=False)
    return embed


def _about(about: str, default: str) -> str:
    text = f" {harmless(about)}" if about else ""
    return texts.with_default(text, harmless_within(default, 80)) if default else text


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(RecipeCommands())
