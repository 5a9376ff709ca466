"""The reason of a rejection, which the author reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.language import Text
from bot.moderation.questions import QuestionActs
from cogs.moderate.decisions import texts
from cogs.ui.forms import TextForm
from cogs.ui.interaction import Interaction, use
from cogs.ui.permissions import guild_of

REASON_CHARS = 180
"""Fits into a card's state line with its other words."""

Refuse = Callable[[Interaction, str, str], Awaitable[None]]
"""Rejects; takes the interaction, the subject's id, and the reason (may be empty). It checks the permission."""


async def ask_why(interaction: Interaction, kind: str, subject: str, title: Text, refuse: Refuse) -> None:
    """Ask for the reason to reject what waits for an answer, then `refuse` it. Raises InputError if nothing waits."""
    await use(interaction, QuestionActs).require_waiting(guild_of(interaction), kind, subject)

    async def answer(sent: Interaction, reason: str) -> None:
        await refuse(sent, subject, reason)

    form = TextForm(interaction.client, title, texts.REASON_INPUT, chars=REASON_CHARS, then=answer)
    await form.open(interaction)
