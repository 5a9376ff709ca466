"""The text of a recipe: its steps by titles and labels, never by wire names, and its price."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from difflib import get_close_matches

import discord
from discord import app_commands

from bot.catalogue import Catalogue, label_of
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import EMBED_DESCRIPTION_CHARS, EMBED_FIELD_CHARS
from bot.domain.models import credits_words
from bot.domain.texts import mention
from bot.domain.words.templates import steps_in, with_outputs, with_parameters
from bot.domain.words.text import harmless, harmless_within, shortened
from bot.errors import InputError
from bot.generation.recipes.recipes import Parameter, Recipe, RecipeStep, built_in
from bot.language import tr
from bot.store import Recipes
from cogs.recipes import texts
from cogs.ui.choices import CHOICE_CHARS, CHOICES_MAX, or_none
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of
from cogs.ui.prices import Total

VALUE_CHARS, DEFAULT_CHARS = 120, 80


def input_label(name: str) -> str:
    """Return a parameter's label: `art_style` is `Art style`; translated for built-in recipes."""
    return tr(name.replace("_", " ").capitalize())


def step_lines(recipe: Recipe, catalogue: Catalogue) -> list[str]:
    inputs = {each.name: texts.INPUT_SHOWN(input=input_label(each.name)) for each in recipe.parameters}
    return ["\n".join(_step(number, step, inputs, catalogue)) for number, step in enumerate(recipe.steps, start=1)]


def _step(number: int, step: RecipeStep, inputs: dict[str, str], catalogue: Catalogue) -> Iterator[str]:
    operation = catalogue.find(step.operation)
    if operation is None:
        yield texts.step_line(number, harmless(step.operation), str(texts.OPERATION_GONE))
        return
    fixed = operation.fixed_credits
    yield texts.step_line(number, harmless(tr(operation.title)), "" if fixed is None else credits_words(fixed))
    for name, value in step.values.items():
        shown = with_outputs(value, {ref: texts.RESULT_OF(number=source) for source, ref in steps_in(value)})
        words = harmless_within(with_parameters(shown, inputs), VALUE_CHARS)
        yield texts.field_line(harmless(_capitalized(label_of(name, operation))), words)


def _capitalized(label: str) -> str:
    return f"{label[:1].upper()}{label[1:]}"


def run_line(recipe: Recipe, catalogue: Catalogue, total: Total) -> str:
    """Return what each step adds, in a word, and the price."""
    names = []
    for step in recipe.steps:
        operation = catalogue.find(step.operation)
        known = texts.STEP_NAMES.get(operation.id if operation is not None else step.operation)
        title = step.operation if operation is None else tr(operation.title)
        names.append(harmless(title if known is None else str(known)))
    return texts.run_line(names, total.words())


def summary(recipe: Recipe, catalogue: Catalogue, total: Total) -> str:
    """Return the purpose, the steps with their values, and the price, for those who may change the recipe."""
    price = texts.PRICE(price=total.words())
    head = [harmless(recipe.about)] if recipe.about else []
    return f"{fitting([*head, *step_lines(recipe, catalogue)], EMBED_DESCRIPTION_CHARS - len(price) - 1)}\n{price}"


def recipe_embed(recipe: Recipe, description: str) -> discord.Embed:
    """Draw a recipe: its description, inputs and author."""
    embed = discord.Embed(title=texts.RECIPE_TITLE(name=harmless(recipe.name)), description=description, colour=NEUTRAL)
    if recipe.parameters:
        lines = [_input_line(each) for each in recipe.parameters]
        shown = shortened("\n".join(lines), EMBED_FIELD_CHARS)
        embed.add_field(name=str(texts.INPUTS_SHOWN), value=shown, inline=False)
    who = str(texts.BUILT_IN) if recipe.built_in else mention(recipe.made_by)
    embed.add_field(name=str(texts.OWNER), value=who, inline=False)
    return embed


def _input_line(parameter: Parameter) -> str:
    about = harmless(parameter.about)
    if parameter.default:
        about = texts.with_default(about, harmless_within(parameter.default, DEFAULT_CHARS))
    return texts.choice(f"**{input_label(parameter.name)}**", about) if about else f"**{input_label(parameter.name)}**"


SIMILAR = 0.5

Complete = Callable[[Interaction, str], Awaitable[list[app_commands.Choice[str]]]]


async def own_recipes(bot: Bot, guild_id: int) -> list[Recipe]:
    kept = await use(bot, Recipes).all(guild_id)
    return [Recipe.from_json(each.data, made_by=each.made_by) for each in kept]


async def find(bot: Bot, guild_id: int, typed: str) -> Recipe:
    """Return a recipe by name, built-in or the server's own. Raises InputError."""
    name = " ".join(typed.split()).lower()
    for recipe in built_in():
        if recipe.name == name:
            return recipe
    kept = await use(bot, Recipes).get(guild_id, name)
    if kept is not None:
        return Recipe.from_json(kept.data, made_by=kept.made_by)
    names = [each.name for each in built_in()] + [each.name for each in await use(bot, Recipes).all(guild_id)]
    close = get_close_matches(name, names, n=1, cutoff=SIMILAR)
    said = harmless(shortened(name, 60))
    nearest = close[0] if close else names[0]
    raise InputError(texts.NO_RECIPE(name=said, nearest=nearest), "recipe")


@or_none
async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the choices of recipes whose name or description match."""
    word = typed.strip().lower()
    kept = await use(interaction, Recipes).all(guild_of(interaction))
    found = [(each.name, each.about) for each in built_in()]
    found += [(each.name, str(each.data.get("about", ""))) for each in kept]
    return [
        app_commands.Choice(name=shortened(texts.choice(name, about) if about else name, CHOICE_CHARS), value=name)
        for name, about in found
        if word in name or word in about.lower()
    ][:CHOICES_MAX]


def subject_of(recipe: Recipe) -> str:
    """Return a recipe's name as a control's subject, which has no spaces."""
    return recipe.name.replace(" ", ".")


async def find_subject(bot: Bot, guild_id: int, subject: str) -> Recipe:
    """Return the recipe of a control's subject. Raises InputError."""
    return await find(bot, guild_id, subject.replace(".", " "))
