"""What the delivery needs of the commands: a card's controls, and follow-ups of a posted result.

The app passes one in (decision 0013): nothing in `bot` imports the cogs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

import discord

from bot.delivery.channels.view import Rows
from bot.domain.models import Card, Job
from bot.domain.server.first_contact import WelcomePlace
from bot.runtime.background import Round
from bot.store import Decision, Question


class WaitingReactions(Protocol):
    """Members' reactions to cards that have not ended."""

    hand_over: Callable[[str], bool]
    """Whether an ended card's are fulfilled elsewhere."""

    def fulfil(self, card_id: str) -> None:
        """Start to fulfil those of an ended card. Neither waits nor raises."""
        ...


class CardSurface(Protocol):
    """A card's controls and triggers. Custom ids hold all state, so restarts change nothing."""

    def controls(self, card: Card, jobs: Sequence[Job], *, linked: bool, shown_above: Decimal | None) -> Rows:
        """Return a card's controls in rows, only DynamicItems. `linked`: some results are expiring links.

        Labels show prices above `shown_above` credits; None: all.
        """
        ...

    def review_controls(self, job: Job) -> Sequence[discord.ui.Item[Any]]:
        """Return the moderators' controls of a review, only DynamicItems."""
        ...

    def log_controls(self, decision: Decision) -> Sequence[discord.ui.Item[Any]]:
        """Return the moderators' controls of a record line, only DynamicItems."""
        ...

    def key_controls(self, guild_id: int | None) -> Sequence[discord.ui.Item[Any]]:
        """Return a member's controls under the news that their own key is rejected.

        `guild_id`: the server that could pay instead.
        """
        ...

    def posted(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        """React to a posted result, with its jobs. Must neither wait nor raise."""
        ...

    @property
    def wishes(self) -> WaitingReactions: ...

    def ended(self, guild_id: int, card_id: str) -> None:
        """React to a card whose jobs have all ended. Must neither wait nor raise.

        May be called several times for a card.
        """
        ...

    def rounds(self) -> Sequence[Round]:
        """Return the periodic work of features, once the parts are there."""
        ...

    async def ask_moderators(self, approval: Question) -> None:
        """Ask the guild's moderators to approve a card, once. Raises no Discord error.

        Raises Later if no channel accepts it now.
        """
        ...

    async def close_question(self, card: Card, jobs: Sequence[Job]) -> None:
        """Redraw the question about a card that has expired or was canceled instead. Raises no Discord error."""
        ...

    async def welcome(self, guild_id: int, again: bool) -> WelcomePlace | None:
        """Greet a server and return where, None to retry later. Raises no Discord error.

        `again`: search for an earlier attempt's message first.
        """
        ...

    async def aclose(self) -> None:
        """Stop background work; called once at shutdown."""
        ...
