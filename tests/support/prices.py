"""Prices that a test's server knows: without one, a price is above every threshold."""

from __future__ import annotations

from decimal import Decimal

from tests.support.rig import Rig


async def priced(rig: Rig, amount: int = 20, operation: str = "image.generate") -> None:
    """Put a price in credits on the server's list."""
    await rig.bot.parts.store.prices.set(rig.guild.id, operation, "", Decimal(amount))


async def all_priced(rig: Rig, guild_id: int, amount: int = 12) -> None:
    """Put a price in credits on a server's list for each operation that has none there."""
    prices = rig.bot.parts.store.prices
    listed = {operation for operation, model in await prices.all(guild_id) if not model}
    for operation in rig.bot.catalogue.operations.values():
        if operation.fixed_credits is None and operation.id not in listed:
            await prices.set(guild_id, operation.id, "", Decimal(amount))
