"""Writing a recipe: form, saving, and a draft of invalid text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.delivery.answers.deferral import defer
from bot.delivery.channels.facts import in_time
from bot.domain.texts import EXPIRED
from bot.domain.words.text import harmless, reads_foreign_text
from bot.errors import InputError
from bot.generation.recipes.recipes import ABOUT_CHARS, TEXT_MAX, Recipe
from bot.generation.recipes.typed import RecipeDrafts, RecipeTexts, texts_of
from bot.generation.texts import NOT_SHARED
from bot.language import Text
from bot.server.recipes import RecipeChanges
from cogs.recipes import texts
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form, text_of_file
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, require_moderator

NAME_CHARS = 40
PARAMETERS_CHARS = 1000
EDIT_AGAIN = "recipe_text"


class RecipeForm(Form):
    """Takes a recipe's texts. An error is shown with a button that opens them again."""

    def __init__(self, bot: Bot, draft: RecipeTexts) -> None:
        title = texts.NEW_RECIPE if draft.replaces is None else texts.EDIT_RECIPE
        super().__init__(bot, title=str(title), name="recipe")
        self.draft = draft
        self.inputs = {
            "name": self._add(texts.NAME, texts.NAME_HELP, draft.name, NAME_CHARS),
            "about": self._add(texts.ABOUT, texts.ABOUT_HELP, draft.about, ABOUT_CHARS, required=False),
            "parameters": self._add(
                texts.PARAMETERS,
                texts.PARAMETERS_HELP,
                draft.parameters,
                PARAMETERS_CHARS,
                long=True,
                required=False,
            ),
            "steps": self._add(
                texts.STEPS,
                texts.STEPS_HELP,
                draft.steps,
                TEXT_MAX,
                long=True,
            ),
        }

    def _add(
        self, label: Text, about: Text, text: str, chars: int, *, long: bool = False, required: bool = True
    ) -> discord.ui.TextInput[Any]:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
            default=text[:chars] or None,
            required=required,
            max_length=chars,
        )
        self.add_item(discord.ui.Label(text=str(label), description=str(about), component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Save the recipe, if the sender is still a moderator and it can be run."""
        typed = {name: item.value for name, item in self.inputs.items()}
        await save(interaction, replace(self.draft, **typed))


async def save(interaction: Interaction, draft: RecipeTexts) -> None:
    """Check and save a recipe; if invalid, show the error and keep the text as a draft."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    try:
        recipe = use(bot, RecipeDrafts).read(draft, made_by=interaction.user.id)
        await use(bot, RecipeChanges).save(
            guild_id, recipe.name, recipe.to_json(), replaces=draft.replaces, by_id=interaction.user.id
        )
    except InputError as error:
        await _offer_edit(interaction, draft, error.sentence)
        return
    await bot.responses.reply_privately(
        interaction,
        texts.SAVED(name=harmless(recipe.name), count=len(recipe.steps)),
    )


async def _offer_edit(interaction: Interaction, draft: RecipeTexts, sentence: str) -> None:
    bot = interaction.client
    draft_id = await use(bot, RecipeDrafts).save(guild_of(interaction), interaction.user.id, draft)
    button = Control.button(EDIT_AGAIN, draft_id, label=texts.EDIT_AGAIN, style=discord.ButtonStyle.primary)
    await bot.responses.reply_privately(interaction, texts.not_saved(sentence), view_of([button]))


@on(EDIT_AGAIN)
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    drafts = use(interaction, RecipeDrafts)
    kept = await drafts.get(guild_of(interaction), interaction.user.id, draft_id)
    if kept is None:
        raise InputError(EXPIRED)
    await in_time(interaction.response.send_modal(RecipeForm(interaction.client, kept)))


FILE_MAX_BYTES = 64 * 1024


class FileForm(Form):
    """Takes a recipe file, saved under its name."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot, title=str(texts.FILE_FORM), name="recipe_file")
        self._upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(max_values=1)
        self.add_item(
            discord.ui.Label(text=str(texts.FILE_INPUT), description=str(texts.FILE_HELP), component=self._upload)
        )

    async def answer(self, interaction: Interaction) -> None:
        """Read the file and save the recipe, if the sender is still a moderator."""
        await require_moderator(interaction)
        await defer(interaction, ephemeral=True, thinking=True)
        [file] = self._upload.values
        await save(interaction, texts_of(read_shared(await text_of_file(file, at_most=FILE_MAX_BYTES)), replaces=None))


@reads_foreign_text("recipe_file")
def read_shared(text: str) -> Recipe:
    """Read a recipe file. Raises InputError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(NOT_SHARED, "file") from None
    if not isinstance(data, dict):
        raise InputError(NOT_SHARED, "file")
    return Recipe.from_json(data)
