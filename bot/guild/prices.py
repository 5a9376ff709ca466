"""The server's own price list: what a kind of job is expected to cost, where Cannon Studio does not say."""

from __future__ import annotations

from decimal import Decimal

from bot.catalogue import Operation, model_name
from bot.domain.harmless_text import harmless
from bot.domain.models import credits_words
from bot.errors import InputError
from bot.guild import texts
from bot.guild.changes import ModeratorActs
from bot.store import Change, Record
from bot.store.money.prices import PriceList

PRICES_MAX = 200


class PriceChanges(ModeratorActs):
    """Sets and removes prices."""

    async def set(self, guild_id: int, operation: Operation, model: str, amount: Decimal | None, *, by_id: int) -> str:
        """Set the price of an operation, or of one of its models; None removes it. Model '' is for all models.

        Returns what was done, as the record has it. Raises InputError where there is nothing to set or to remove, or
        the list is full.
        """
        if operation.fixed_credits is not None:
            raise InputError(
                texts.always_costs(operation.title, credits_words(operation.fixed_credits)),
                "operation",
            )
        named = texts.with_model(operation.id, harmless(model_name(operation, model)) if model else "")

        def allow(prices: PriceList) -> None:
            is_set = (operation.id, model) in prices
            if amount is None and not is_set:
                raise InputError(texts.no_price(named), "credits")
            if not is_set and len(prices) >= PRICES_MAX:
                raise InputError(texts.too_many_prices(PRICES_MAX), "credits")

        def record(price: Change[Decimal | None]) -> Record:
            about = {
                "operation": operation.id,
                "model": model,
                "before": None if price.before is None else str(price.before),
                "credits": None if price.after is None else str(price.after),
            }
            return Record(kind="price", text=_text(named, price), by_id=by_id, about=about)

        done = await self._store.prices.set(guild_id, operation.id, model, amount, allow=allow, record=record)
        return _text(named, done)


def _text(named: str, price: Change[Decimal | None]) -> str:
    before = "" if price.before is None else credits_words(price.before)
    if price.after is None:
        return texts.price_removed(named, before)
    return texts.price_set(named, credits_words(price.after), before)
