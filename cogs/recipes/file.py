"""A recipe as a file: the form that takes one, and reading it."""

import json
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.deadlines import in_time
from bot.domain.reading_time import reads_foreign_text
from bot.errors import InputError
from bot.generation.recipe_texts import texts_of
from bot.generation.recipes import Recipe
from bot.generation.texts import NOT_SHARED
from cogs.recipes import texts
from cogs.recipes.form import save
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import require_moderator
from cogs.ui.text_files import text_of_file

FILE_MAX_BYTES = 64 * 1024


class FileForm(Form):
    """Takes the file of a recipe, and saves it under its name."""

    def __init__(self, bot: CannonBot) -> None:
        super().__init__(bot, title=str(texts.FILE_FORM), name="recipe_file")
        self._upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(max_values=1)
        self.add_item(
            discord.ui.Label(text=str(texts.FILE_INPUT), description=str(texts.FILE_HELP), component=self._upload)
        )

    async def answer(self, interaction: Interaction) -> None:
        """Read the file and save the recipe, if the sender is still a moderator."""
        await require_moderator(interaction)
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        [file] = self._upload.values
        await save(interaction, texts_of(read_shared(await text_of_file(file, at_most=FILE_MAX_BYTES)), replaces=None))


@reads_foreign_text("recipe_file")
def read_shared(text: str) -> Recipe:
    """Read a recipe's file. Raises InputError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(NOT_SHARED, "file") from None
    if not isinstance(data, dict):
        raise InputError(NOT_SHARED, "file")
    return Recipe.from_json(data)
