"""Writing a recipe: form, saving, and a draft of invalid text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.delivery.channels.facts import in_time
from bot.domain.texts import EXPIRED
from bot.domain.words.text import harmless
from bot.errors import InputError
from bot.generation.recipes.recipes import ABOUT_CHARS, TEXT_MAX
from bot.generation.recipes.typed import RecipeDrafts, RecipeTexts
from bot.language import Text
from bot.server.recipes import RecipeChanges
from cogs.recipes import texts
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form
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
