"""What the delivery needs of the commands' side: the controls of a card, and what follows from a posted result.

The app hands one in when it puts the parts together (decision 0011): nothing in `bot` imports the cogs.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

import discord

from bot.domain.models import Card, Job
from bot.domain.server.first_contact import WelcomePlace
from bot.store import Approval, Decision


class CardSurface(Protocol):
    """What cards offer and trigger. Custom ids contain everything a control needs, so a restart changes nothing."""

    def controls(
        self, card: Card, jobs: Sequence[Job], *, linked: bool, told_above: Decimal | None
    ) -> Sequence[discord.ui.Item[Any]]:
        """Return what a card offers, only DynamicItems. `linked`: some results are links, which will expire.

        A label tells a price, in credits, that is above `told_above`; None: each.
        """
        ...

    def review_controls(self, job: Job) -> Sequence[discord.ui.Item[Any]]:
        """Return what a result that waits for review offers the moderators, only DynamicItems."""
        ...

    def log_controls(self, decision: Decision) -> Sequence[discord.ui.Item[Any]]:
        """Return what moderators can do about a line of the record, only DynamicItems."""
        ...

    def posted(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        """React to a posted result, with the jobs as they are then. Must neither wait nor raise."""
        ...

    def ended(self, card: Card) -> None:
        """React to a card of which it is stored that all its jobs have ended. Must neither wait nor raise.

        May be called several times for a card.
        """
        ...

    async def fulfil_wishes(self) -> None:
        """Begin what members wished, by reactions, of cards that were not done then and have ended now."""
        ...

    def reach_others(self) -> None:
        """Hear from other processes what only one of them does. Called once, when the bot's parts are there."""
        ...

    async def ask_moderators(self, approval: Approval) -> bool:
        """Ask the guild's moderators to approve a card, if not asked yet. Raises no error of Discord.

        Returns False if Discord refuses the question for what it says: asking again will hardly help. Raises Later if
        no channel takes it now.
        """
        ...

    async def welcome(self, guild_id: int, again: bool) -> WelcomePlace | None:
        """Send the message that greets a server and return where, None if it should be tried again later.

        `again`: an earlier attempt may have left it, so it is searched for first. Raises no error of Discord.
        """
        ...

    async def aclose(self) -> None:
        """Stop what `posted` and `ended` have started; called once, when the bot stops."""
        ...
