"""`/studio recipes`: the moderators' list of recipes and their actions. Redrawn at each press."""

from collections.abc import Sequence

import discord

from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, OPTIONS_PER_SELECT, in_time
from bot.domain.texts import GONE
from bot.domain.words.text import harmless, shortened
from bot.errors import InputError
from bot.generation.recipes.recipes import Recipe, built_in
from bot.generation.recipes.typed import RecipeTexts, texts_of
from bot.server.recipes import RecipeChanges
from cogs.recipes import texts
from cogs.recipes.form import RecipeForm
from cogs.recipes.run import total_of_run
from cogs.recipes.shown import find, find_subject, own_recipes, recipe_embed, subject_of, summary
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DELETE

OPTION_CHARS = 100
DANGER = discord.ButtonStyle.danger

Page = tuple[discord.Embed, discord.ui.View]


async def open_recipes(interaction: Interaction, name: str | None) -> None:
    """Show the list, or one recipe. Raises NotAllowed, or InputError if there is none."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    page = await _list(bot, guild_id) if name is None else await _recipe(bot, guild_id, await find(bot, guild_id, name))
    embed, view = page
    await in_time(interaction.response.send_message(embed=embed, view=view, ephemeral=True))


async def _list(bot: Bot, guild_id: int) -> Page:
    own, made = await own_recipes(bot, guild_id), built_in()
    embed = discord.Embed(title=str(texts.PANEL_TITLE), colour=NEUTRAL)
    for name, recipes in ((texts.OWN_RECIPES, own), (texts.BUILT_IN_RECIPES, made)):
        lines = [_line(each) for each in recipes]
        shown = fitting(lines, EMBED_FIELD_CHARS) if lines else str(texts.NO_OWN_RECIPES)
        embed.add_field(name=str(name), value=shown, inline=False)
    options = [
        discord.SelectOption(label=each.name, value=each.name, description=shortened(each.about, OPTION_CHARS) or None)
        for each in [*own, *made][:OPTIONS_PER_SELECT]
    ]
    return embed, view_of(
        [
            Control.select("recipes_pick", "panel", placeholder=texts.PICK, options=options),
            Control.button("recipes_new", "panel", label=texts.NEW, style=discord.ButtonStyle.primary),
            Control.button("schedules_list", "panel", label=texts.SCHEDULES),
        ]
    )


def _line(recipe: Recipe) -> str:
    return texts.panel_line(harmless(recipe.name), harmless(recipe.about), len(recipe.steps))


async def _recipe(bot: Bot, guild_id: int, recipe: Recipe) -> Page:
    embed = recipe_embed(recipe, summary(recipe, bot.catalogue, await total_of_run(bot, guild_id, recipe)))
    subject = subject_of(recipe)
    edit = texts.COPY if recipe.built_in else texts.EDIT
    controls = [
        Control.button("recipe_edit", subject, label=edit, style=discord.ButtonStyle.primary),
        Control.button("schedule_new", subject, label=texts.SCHEDULE),
    ]
    if not recipe.built_in:
        controls.append(Control.button("recipe_ask", subject, label=texts.DELETE, style=DANGER))
    return embed, view_of([*controls, Control.button("recipes_list", "panel", label=texts.BACK)])


async def _redraw(interaction: Interaction, page: Page) -> None:
    embed, view = page
    await in_time(interaction.response.edit_message(content=None, embed=embed, view=view))


@on("recipes_list")
async def show_list(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await _redraw(interaction, await _list(interaction.client, guild_of(interaction)))


@on("recipes_pick")
async def show_picked(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    bot, guild_id, name = interaction.client, guild_of(interaction), " ".join(values)
    await _redraw(interaction, await _recipe(bot, guild_id, await find(bot, guild_id, name)))


@on("recipes_new")
async def write_new(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await RecipeForm(interaction.client, RecipeTexts()).open(interaction)


@on("recipe_edit")
async def edit(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Open the form with the recipe; a built-in one is copied."""
    await require_moderator(interaction)
    found = await find_subject(interaction.client, guild_of(interaction), subject)
    draft = texts_of(found, replaces=None if found.built_in else found.name)
    await RecipeForm(interaction.client, draft).open(interaction)


@on("recipe_ask")
async def ask_to_delete(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    found = await _own(interaction, subject)
    yes = Control.button("recipe_delete", subject_of(found), label=DELETE, style=DANGER)
    no = Control.button("recipes_list", "panel", label=texts.BACK)
    question = texts.DELETE_QUESTION(name=harmless(found.name))
    await in_time(interaction.response.edit_message(content=question, embed=None, view=view_of([yes, no])))


@on("recipe_delete")
async def delete_recipe(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    found = await _own(interaction, subject)
    await use(interaction, RecipeChanges).delete(guild_of(interaction), found.name, by_id=interaction.user.id)
    back = Control.button("recipes_list", "panel", label=texts.BACK)
    said = texts.DELETED(name=harmless(found.name))
    await in_time(interaction.response.edit_message(content=said, embed=None, view=view_of([back])))


async def _own(interaction: Interaction, subject: str) -> Recipe:
    """Return one of the server's own recipes. Raises InputError for a built-in or deleted one."""
    found = await find_subject(interaction.client, guild_of(interaction), subject)
    if found.built_in:
        raise InputError(GONE, "recipe")
    return found
