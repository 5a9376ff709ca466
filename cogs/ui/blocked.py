"""Members whom a moderator has blocked: they are refused at the press, not after they have filled in a form."""

from bot.domain.spending_policy import refuse_blocked
from cogs.ui.interaction import Interaction


async def require_unblocked(interaction: Interaction) -> None:
    """Raise Refused if who presses is blocked on this server now."""
    bot = interaction.client
    block = await bot.parts.store.blocks.active(interaction.guild_id or 0, interaction.user.id)
    refuse_blocked(block, bot.clock.wall())
