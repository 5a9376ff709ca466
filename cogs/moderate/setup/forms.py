"""The forms of `/studio setup`: the key, and the two limits that most servers want."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.domain.guild_rules import Limit, Period, Scope
from bot.domain.setting_kinds import threshold
from cogs.moderate.api_key import KeyForm, store_key
from cogs.moderate.setup import texts
from cogs.moderate.setup.panel import OVERVIEW
from cogs.ui.controls import Control, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction

AMOUNT = threshold(texts.NO_LIMIT_TYPED)
"""The kind that reads an amount of credits, or nothing."""
OFFERED = ((texts.PER_MEMBER, Scope.EVERYONE, Period.DAY), (texts.PER_SERVER, Scope.SERVER, Period.MONTH))
"""The limits of the form: their label, for whom they are, and for how long."""

LimitChange = tuple[Scope, Period, Decimal | None]
"""A limit that was typed; None removes it."""


class SetupKeyForm(KeyForm):
    """The form of `/studio key`; its answer leads back to the setup."""

    async def answer(self, interaction: Interaction) -> None:
        """Check the key, store it, and offer to continue."""
        button = Control.button("setup", OVERVIEW, label=str(texts.CONTINUE), style=discord.ButtonStyle.primary)
        await store_key(interaction, self.secret.value, view_of([button]))


class LimitsForm(Form):
    """Asks for the limits; what was not changed is not written: somebody may have changed it since."""

    def __init__(
        self,
        bot: CannonBot,
        limits: dict[tuple[Scope, Period], Limit],
        apply: Callable[[Interaction, list[LimitChange]], Awaitable[None]],
    ) -> None:
        super().__init__(bot, title=str(texts.LIMITS_FORM), name="setup_limits")
        self._apply = apply
        self._inputs = [
            (scope, period, str(label), self._input(str(label), limits.get((scope, period))))
            for label, scope, period in OFFERED
        ]

    def _input(self, label: str, limit: Limit | None) -> discord.ui.TextInput[Any]:
        text = "" if limit is None else f"{limit.credits.normalize():f}"
        item: discord.ui.TextInput[Any] = discord.ui.TextInput(default=text or None, required=False, max_length=13)
        self.add_item(discord.ui.Label(text=label, description=str(texts.LIMIT_HINT), component=item))
        return item

    async def answer(self, interaction: Interaction) -> None:
        """Set what was typed. Raises InputError for what is no amount of credits."""
        typing = AMOUNT.typing
        changes = [
            (scope, period, None if typing is None else typing.read(item.value.strip(), label, "limit"))
            for scope, period, label, item in self._inputs
            if item.value != (item.default or "")
        ]
        await self._apply(interaction, changes)
