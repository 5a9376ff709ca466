"""How a recipe is shown: its steps by the catalogue's titles and labels, never by names on the wire, and its price."""

from collections.abc import Iterator

import discord

from bot.catalogue import Catalogue
from bot.delivery.colours import NEUTRAL
from bot.delivery.discord_facts import EMBED_DESCRIPTION_CHARS, EMBED_FIELD_CHARS
from bot.domain.harmless_text import harmless, harmless_within
from bot.domain.models import credits_words
from bot.domain.templates import steps_in, with_outputs, with_parameters
from bot.domain.text import shortened
from bot.domain.texts import mention
from bot.errors import InputError
from bot.generation.recipes import Parameter, Recipe, RecipeStep
from bot.language import tr
from cogs.recipes import texts
from cogs.ui.limit_text import fitting
from cogs.ui.totals import Total

VALUE_CHARS, DEFAULT_CHARS = 120, 80


def input_label(name: str) -> str:
    """Return how a parameter is read: `art_style` is `Art style`; translated if it is a built-in recipe's."""
    return tr(name.replace("_", " ").capitalize())


def step_lines(recipe: Recipe, catalogue: Catalogue) -> list[str]:
    """Return each step with what it fills in, as Markdown."""
    inputs = {each.name: texts.input_shown(input_label(each.name)) for each in recipe.parameters}
    return ["\n".join(_step(number, step, inputs, catalogue)) for number, step in enumerate(recipe.steps, start=1)]


def _step(number: int, step: RecipeStep, inputs: dict[str, str], catalogue: Catalogue) -> Iterator[str]:
    try:
        operation = catalogue.resolve(step.operation)
    except InputError:
        yield texts.step_line(number, harmless(step.operation), str(texts.OPERATION_GONE))
        return
    fixed = operation.fixed_credits
    yield texts.step_line(number, harmless(tr(operation.title)), "" if fixed is None else credits_words(fixed))
    labels = {each.name: _capitalized(tr(each.label)) for each in operation.fields}
    for name, value in step.values.items():
        shown = with_outputs(value, {ref: texts.result_of(source) for source, ref in steps_in(value)})
        words = harmless_within(with_parameters(shown, inputs), VALUE_CHARS)
        yield texts.field_line(harmless(labels.get(name, input_label(name))), words)


def _capitalized(label: str) -> str:
    return f"{label[:1].upper()}{label[1:]}"


def summary(recipe: Recipe, catalogue: Catalogue, total: Total, limit: int) -> str:
    """Return what members read before a run, in at most `limit` characters: what it makes, its steps, its price."""
    price = texts.price(total.words())
    head = [harmless(recipe.about)] if recipe.about else []
    return f"{fitting([*head, *step_lines(recipe, catalogue)], limit - len(price) - 1)}\n{price}"


def recipe_embed(recipe: Recipe, catalogue: Catalogue, total: Total) -> discord.Embed:
    """Draw a recipe: what members read before a run, then its inputs and its author."""
    embed = discord.Embed(
        title=texts.recipe_title(harmless(recipe.name)),
        description=summary(recipe, catalogue, total, EMBED_DESCRIPTION_CHARS),
        colour=NEUTRAL,
    )
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
