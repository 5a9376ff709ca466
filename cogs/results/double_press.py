"""Protection against a double press of a control that spends credits."""

from bot.domain.models import Job
from bot.errors import Refused
from cogs.results import texts
from cogs.ui.interaction import Interaction


def refuse_double_press(interaction: Interaction, job: Job, action: str) -> None:
    """Raise Refused for the second press of a member on the same card within a few seconds."""
    if not interaction.client.cooldowns.start((interaction.user.id, job.card_id, action)):
        raise Refused(texts.PRESSED_TWICE)
