"""Writing a recipe: the form, what comes of it, and its text kept when it is not right yet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.catalogue import Catalogue
from bot.delivery.text import plain
from bot.domain.text import one_line
from bot.errors import InputError
from bot.generation.built_in_recipes import BUILT_IN
from bot.generation.recipe_check import check
from bot.generation.recipes import (
    ABOUT_CHARS,
    TEXT_MAX,
    Recipe,
    parameters_text,
    parse_parameters,
    parse_steps,
    steps_text,
)
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator

TEXT_LIFE_S = 24 * 3600.0
"""How long the text of a recipe that was not right is kept for its author."""
NAME_CHARS = 40
PARAMETERS_CHARS = 1000
EDIT_AGAIN = "recipe_text"
TEXT_GONE = "This text is no longer kept; please start again with `/recipe create`."
EXAMPLE_PARAMETERS = "prompt: what it is about"
EXAMPLE_STEPS = """\
image.generate
prompt: {prompt}
aspect_ratio: 16:9

video.generate
prompt: {prompt}
image_url: {1.image_url}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A recipe as it is typed. `replaces` is the name of the one that it is an edit of."""

    name: str = ""
    about: str = ""
    parameters: str = EXAMPLE_PARAMETERS
    steps: str = EXAMPLE_STEPS
    replaces: str | None = None


def texts_of(recipe: Recipe, *, replaces: str | None) -> Texts:
    """Return a recipe as it can be typed."""
    return Texts(
        name=recipe.name,
        about=recipe.about,
        parameters=parameters_text(recipe),
        steps=steps_text(recipe),
        replaces=replaces,
    )


def read(texts: Texts, catalogue: Catalogue, *, made_by: int) -> Recipe:
    """Return the recipe that was typed. Raises InputError with one sentence that names the place."""
    recipe = Recipe(
        name=one_line(texts.name).lower(),
        about=one_line(texts.about)[:ABOUT_CHARS],
        parameters=parse_parameters(texts.parameters),
        steps=parse_steps(texts.steps),
        made_by=made_by,
    )
    if any(recipe.name == each.name for each in BUILT_IN):
        raise InputError(f"“{recipe.name}” comes with the bot and stays as it is; give yours another name.", "name")
    check(recipe, catalogue)
    return recipe


class RecipeForm(Form):
    """Takes a recipe's texts. What is wrong is told with a button that opens them again."""

    def __init__(self, bot: CannonBot, texts: Texts) -> None:
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


async def save(interaction: Interaction, texts: Texts) -> None:
    """Check and keep a recipe; what is wrong with it is told, and its text is kept for another try."""
    await require_moderator(interaction)
    bot, guild_id = interaction.client, guild_of(interaction)
    try:
        recipe = read(texts, bot.catalogue, made_by=interaction.user.id)
        await bot.parts.moderation.recipes.save(
            guild_id, recipe.name, recipe.to_json(), replaces=texts.replaces, by_id=interaction.user.id
        )
    except InputError as error:
        if texts.replaces is not None and await bot.parts.store.recipes.get(guild_id, texts.replaces) is None:
            texts = replace(texts, replaces=None)  # deleted meanwhile: another try makes it anew
        await _offer_again(interaction, texts, error.sentence)
        return
    run = bot.parts.command_sync.mention("recipe run")
    await bot.responses.reply_privately(
        interaction,
        f"Saved. {run} with “{plain(recipe.name)}” runs its {len(recipe.steps)} steps.",
    )


async def _offer_again(interaction: Interaction, texts: Texts, sentence: str) -> None:
    bot = interaction.client
    draft_id = await bot.parts.store.drafts.keep(
        guild_of(interaction),
        interaction.user.id,
        {"recipe": asdict(texts)},
        expires_at=bot.clock.wall() + TEXT_LIFE_S,
    )
    button = Control.button(EDIT_AGAIN, draft_id, label="Edit again", style=discord.ButtonStyle.primary)
    await bot.responses.reply_privately(
        interaction, f"⚠️ {sentence} Nothing was saved; your text is kept for a day.", view_of([button])
    )


@on(EDIT_AGAIN)
async def edit_again(interaction: Interaction, draft_id: str, _values: Sequence[str]) -> None:
    """Open the form with the text that was not right."""
    await require_moderator(interaction)
    data = await interaction.client.parts.store.drafts.get(guild_of(interaction), interaction.user.id, draft_id)
    kept: Mapping[str, Any] | None = None if data is None else data.get("recipe")
    if kept is None:
        raise InputError(TEXT_GONE)
    await interaction.response.send_modal(RecipeForm(interaction.client, Texts(**kept)))
