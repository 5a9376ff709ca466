"""What cogs provide to cards: controls, and the follow-up of a posted result (decision 0013)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import discord

from bot.delivery.card.readers import GuildLanguages
from bot.delivery.channels.view import Rows
from bot.domain.models import Card, Job
from bot.domain.server.first_contact import WelcomePlace
from bot.language import speaking
from bot.runtime.background import Round
from bot.store import Decision, Question
from cogs.community.scheduled import ScheduledRuns
from cogs.events.acts import ServerEvents
from cogs.member.panel.account import key_controls
from cogs.moderate.decisions import approvals, review
from cogs.moderate.reports.log_buttons import log_buttons
from cogs.moderate.welcome import send_welcome
from cogs.reactions.listener import Wishes
from cogs.reactions.pressed import Seeds
from cogs.results import buttons
from cogs.ui.interaction import Bot, use

UPKEEP_S = 15.0


class CogSurface:
    """The CardSurface of this bot. It resolves the bot's parts at call time, so it can be made before them."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.seeds = Seeds(bot)
        self.wishes = Wishes(bot)

    def controls(self, card: Card, jobs: Sequence[Job], *, linked: bool, shown_above: Decimal | None) -> Rows:
        return buttons.offered(self._bot, jobs, linked=linked, shown_above=shown_above, private=card.private)

    def review_controls(self, job: Job) -> Sequence[discord.ui.Item[Any]]:
        return review.answers(job)

    def log_controls(self, decision: Decision) -> Sequence[discord.ui.Item[Any]]:
        return log_buttons(decision)

    def key_controls(self, guild_id: int | None) -> Sequence[discord.ui.Item[Any]]:
        return key_controls(guild_id)

    def posted(self, card: Card, jobs: Sequence[Job], message: discord.Message) -> None:
        """Seed the server's emojis on the result."""
        self.seeds.posted(card, jobs, message)

    def ended(self, guild_id: int, card_id: str) -> None:
        self.wishes.ended(guild_id, card_id)

    def rounds(self) -> Sequence[Round]:
        return [
            Round("wishes", self.wishes.fulfil_all, UPKEEP_S, is_common=True),
            Round("schedules", ScheduledRuns(self._bot).run_due, UPKEEP_S, is_common=True, beside=True),
            Round("events", use(self._bot, ServerEvents).run_once, UPKEEP_S, is_common=True, beside=True),
        ]

    async def ask_moderators(self, approval: Question) -> None:
        """Post the question whether a card is approved."""
        with speaking(await use(self._bot, GuildLanguages).of(approval.guild_id)):
            await approvals.ask_moderators(self._bot, approval)

    async def close_question(self, card: Card, jobs: Sequence[Job]) -> None:
        await approvals.close_question(self._bot, card, jobs)

    async def welcome(self, guild_id: int, again: bool) -> WelcomePlace | None:
        """Greet a server; None if Discord does not accept it now."""
        with speaking(await use(self._bot, GuildLanguages).of(guild_id)):
            return await send_welcome(self._bot, guild_id, again=again)

    async def aclose(self) -> None:
        """Cancel what `posted` and `ended` have started."""
        await self.seeds.aclose()
        await self.wishes.aclose()
