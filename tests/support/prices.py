"""Prices that a test's server knows: without one, a price is above every threshold."""

from __future__ import annotations

from decimal import Decimal

from tests.support.rig import Rig


async def priced(rig: Rig, amount: int = 20, operation: str = "image.generate") -> None:
    """Put a price in credits on the server's list."""
    await rig.bot.parts.store.prices.set(rig.guild.id, operation, "", Decimal(amount))
