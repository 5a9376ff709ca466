"""Writing a recipe: the form, what comes of it, and its text kept when it is not right yet."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.delivery.formatting import plain
from bot.errors import InputError
from bot.generation.recipe_texts import RecipeTexts
from bot.generation.recipes import ABOUT_CHARS, TEXT_MAX
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

NAME_CHARS = 40
PARAMETERS_CHARS = 1000
EDIT_AGAIN = "recipe_text"
TEXT_GONE = "This text is no longer kept; please start again with `/recipe create`."


class RecipeForm(Form):
    """Takes a recipe's texts. What is wrong is told with a button that opens them again."""

    def __init__(self, bot: CannonBot, texts: RecipeTexts) -> None:
        super().__init__(bot, title="New recipe" if texts.replaces is None else "Edit recipe", name="recipe")
        self.texts = texts
        self.inputs = {
            "name": self._add("Name", "Small letters, digits, spaces, such as: night trailer", texts.name, NAME_CHARS),
            "about": self._add("About", "One line that says what it makes", texts.about, ABOUT_CHARS, required=False),
            "parameters": self._add(
                "Parameters",
                "At most five, one a line: “name: about”, or “name = default: about”",
                texts.parameters,
                PARAMETERS_CHARS,
                long=True,
                required=False,
            ),
            "steps": self._add(
                "Steps",
                "Each a paragraph: the operation, then “field: value”; {prompt}, {1.image_url}",
                texts.steps,
                TEXT_MAX,
                long=True,
            ),
        }

    def _add(
        self, label: str, about: str, text: str, chars: int, *, long: bool = False, required: bool = True
    ) -> discord.ui.TextInput[Any]:
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
            default=text[:chars] or None,
            required=required,
            max_length=chars,
        )
        self.add_item(discord.ui.Label(text=label, description=about, component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Keep the recipe, if the sender still is a moderator and it can be run."""
        typed = {name: item.value for name, item in self.inputs.items()}
        await save(interaction, replace(self.texts, **typed))


async def save(interaction: Interaction, texts: RecipeTexts) -> None:
    """Check and keep a recipe; what is wrong with it is told, and its text is kept for another try."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    try:
        recipe = bot.parts.generation.recipe_drafts.read(texts, made_by=interaction.user.id)
        await bot.parts.moderation.recipes.save(
            guild_id, recipe.name, recipe.to_json(), replaces=texts.replaces, by_id=interaction.user.id
        )
    except InputError as error:
        await _offer_again(interaction, texts, error.sentence)
        return
    run = bot.parts.command_sync.mention("recipe run")
    await bot.responses.reply_privately(
        interaction,
        f"Saved. {run} with “{plain(recipe.name)}” runs its {len(recipe.steps)} steps.",
    )


async def _offer_again(interaction: Interaction, texts: RecipeTexts, sentence: str) -> None:
    bot = interaction.client
    draft_id = await bot.parts.generation.recipe_drafts.keep(guild_of(interaction), interaction.user.id, texts)
    button = Control.button(EDIT_AGAIN, draft_id, label="Edit again", style=discord.ButtonStyle.primary)
    await bot.responses.reply_privately(
        interaction, f"⚠️ {sentence} Nothing was saved; your text is kept for a day.", view_of([button])
    )


@on(EDIT_AGAIN)
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Open the form with the text that was not right."""
    await require_moderator(interaction)
    drafts = interaction.client.parts.generation.recipe_drafts
    kept = await drafts.get(guild_of(interaction), interaction.user.id, draft_id)
    if kept is None:
        raise InputError(TEXT_GONE)
    await interaction.response.send_modal(RecipeForm(interaction.client, kept))
