"""A control that spends does not do so twice for a double press."""

from bot.domain.models import Job
from bot.errors import Refused
from cogs.ui.interaction import Interaction

TOO_SOON = "You have pressed this a moment ago; it is being made. Press again in a few seconds for another."


def refuse_double_press(interaction: Interaction, job: Job, action: str) -> None:
    """Raise Refused for the second press of a member on the same card within a few seconds."""
    if not interaction.client.cooldowns.start((interaction.user.id, job.card_id, action)):
        raise Refused(TOO_SOON)
