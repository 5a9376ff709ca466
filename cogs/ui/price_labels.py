"""The price on the label of a control that spends: written when it is drawn, read again when it is pressed."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import discord

from bot.domain.models import credits_of
from bot.language import Text, plain_amount
from cogs.ui.interaction import Interaction
from cogs.ui.texts import PRICE_MARK, with_price

GROUPING_COMMA = re.compile(r",(?=[0-9]{3}(?![0-9]))")
LABEL_CHARS = 80
"""Discord's limit of a button's label."""


def priced(label: Text | str, price: Decimal | None, told_above: Decimal | None = None) -> str:
    """Return a label with its price in credits, as it is where the price is not known.

    Nor is it told up to `told_above`, what the server lets its members spend without a look at it; None: it sets none.
    """
    is_small = told_above is not None and price is not None and price <= told_above
    return str(label) if price is None or is_small else with_price(str(label), plain_amount(price), LABEL_CHARS)


def price_shown(interaction: Interaction) -> Decimal | None:
    """Return the price, in credits, that the label of the pressed button told; None if it told none.

    It is read from the message as Discord sends it: nobody but the bot writes there.
    """
    pressed = None if interaction.data is None else interaction.data.get("custom_id")
    for button in _buttons(interaction.message):
        if button.custom_id == pressed and button.label is not None:
            _, mark, price = button.label.rpartition(PRICE_MARK)
            return _amount(price) if mark else None
    return None


def _buttons(message: discord.Message | None) -> Iterator[discord.Button]:
    rows: list[Any] = [] if message is None else list(message.components)
    for row in rows:
        yield from (each for each in getattr(row, "children", ()) if isinstance(each, discord.Button))


def _amount(text: str) -> Decimal | None:
    """Return the amount that `plain_amount` wrote in any language, or an older release in English: `1,200.5`."""
    plain = GROUPING_COMMA.sub("", text).replace(",", ".")
    try:
        return credits_of(plain)
    except ValueError:
        return None
