"""Writing a recipe: form, saving, and a draft of invalid text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import discord

from bot.domain.words.text import harmless
from bot.errors import InputError
from bot.generation.recipes.recipes import ABOUT_CHARS, TEXT_MAX
from bot.generation.recipes.typed import RecipeTexts
from bot.server.community.schedules import TypedSchedule
from bot.server.recipes import FormTexts, RecipeChanges
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
        ask = self.ask_text
        self.inputs = {
            "name": ask(texts.NAME, texts.NAME_HELP, text=draft.name, chars=NAME_CHARS),
            "about": ask(texts.ABOUT, texts.ABOUT_HELP, text=draft.about, chars=ABOUT_CHARS, required=False),
            "parameters": ask(
                texts.PARAMETERS,
                texts.PARAMETERS_HELP,
                text=draft.parameters,
                chars=PARAMETERS_CHARS,
                long=True,
                required=False,
            ),
            "steps": ask(texts.STEPS, texts.STEPS_HELP, text=draft.steps, chars=TEXT_MAX, long=True),
        }

    async def answer(self, interaction: Interaction) -> None:
        """Save the recipe, if the sender is still a moderator and it can be run."""
        typed = {name: item.value for name, item in self.inputs.items()}
        await save(interaction, replace(self.draft, **typed))


async def save(interaction: Interaction, draft: RecipeTexts) -> None:
    """Check and save a recipe; if invalid, show the error and keep the text as a draft."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    try:
        recipe = draft.read(bot.catalogue, made_by=interaction.user.id)
        await use(bot, RecipeChanges).save(
            guild_id, recipe.name, recipe.to_json(), replaces=draft.replaces, by_id=interaction.user.id
        )
    except InputError as error:
        await offer_again(interaction, EDIT_AGAIN, draft, error.sentence)
        return
    await bot.responses.reply_privately(
        interaction,
        texts.SAVED(name=harmless(recipe.name), count=len(recipe.steps)),
    )


async def offer_again(interaction: Interaction, action: str, typed: RecipeTexts | TypedSchedule, sentence: str) -> None:
    """Say what is wrong with a form's texts, with a control of `action` that opens them again for a day."""
    draft_id = await use(interaction, FormTexts).keep(guild_of(interaction), interaction.user.id, typed)
    button = Control.button(action, draft_id, label=texts.EDIT_AGAIN, style=discord.ButtonStyle.primary)
    await interaction.client.responses.reply_privately(interaction, texts.not_saved(sentence), view_of([button]))


@on(EDIT_AGAIN)
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    draft = await use(interaction, FormTexts).get(guild_of(interaction), interaction.user.id, draft_id)
    await RecipeForm(interaction.client, RecipeTexts(**draft)).open(interaction)
