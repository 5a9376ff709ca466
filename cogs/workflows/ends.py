"""The notice that what a member requests may fail, since its announced end has passed. It needs no yes."""

import structlog

from bot.catalogue.ends import passed_end
from bot.errors import StoreError
from bot.generation.generation import Generation
from bot.language import tr
from cogs.ui.interaction import Interaction
from cogs.workflows import texts

log = structlog.get_logger(__name__)

QUIET_S = 24 * 3600.0
"""A member is told once in this time of one end; with a price to confirm, each time."""


def end_notice(interaction: Interaction, generation: Generation) -> str | None:
    """Return the notice about the generation's operation or model, None if no announced end of it has passed."""
    bot = interaction.client
    operation = bot.catalogue.find(generation.operation)
    if operation is None:
        return None
    ended = passed_end(operation, generation.values.get("model"), bot.clock.wall())
    return None if ended is None else texts.end_passed(tr(ended.name), ended.date)


async def tell_end(interaction: Interaction, notice: str) -> None:
    """Tell the member after the answer, privately; not again for a day."""
    bot, name = interaction.client, f"end:{interaction.user.id}:{notice}"
    try:
        is_due = await bot.parts.watch.once(interaction.guild_id or 0, name, quiet_s=QUIET_S)
    except StoreError as error:  # what was requested is accepted and answered: this is no failure of it
        log.warning("end.not_noted", error=error.sentence)
        is_due = True
    if is_due:
        await bot.responses.reply_privately(interaction, notice)
