"""What a run of a recipe costs, as far as it is known before its parameters are given."""

from bot.app.client import CannonBot
from bot.domain.templates import parameters_in, with_parameters
from bot.generation.recipes import Recipe
from cogs.ui.totals import Total, total_of
from cogs.workflows.price_hints import PRICED


async def total_of_run(bot: CannonBot, guild_id: int, recipe: Recipe) -> Total:
    """Return what the recipe costs with the defaults of its parameters.

    A step whose price depends on a parameter without one has no known price.
    """
    defaults = {each.name: each.default for each in recipe.parameters if each.default}
    steps, unknown = [], 0
    for step in recipe.steps:
        values = {name: value for name, value in step.values.items() if set(parameters_in(value)) <= defaults.keys()}
        if PRICED & (step.values.keys() - values.keys()):
            unknown += 1
            continue
        steps.append((step.operation, {name: with_parameters(value, defaults) for name, value in values.items()}))
    total = await total_of(bot, guild_id, steps)
    return Total(credits=total.credits, unknown=total.unknown + unknown, exact=total.exact)
