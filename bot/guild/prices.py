"""The server's own price list: what a kind of job is expected to cost, where Cannon Studio does not say."""

from __future__ import annotations

from decimal import Decimal

from bot.catalogue import Catalogue, Operation, model_name
from bot.domain.harmless_text import harmless
from bot.domain.price_list import ListedPrice, PriceList, PriceUnit
from bot.errors import InputError
from bot.guild.changes import ModeratorActs
from bot.guild.price_file import PRICES_MAX, read_price_file, require_priceable
from bot.guild.texts import prices as texts
from bot.store import Change, Record


class PriceChanges(ModeratorActs):
    """Sets and removes prices, one at a time or all at once."""

    async def set(
        self,
        guild_id: int,
        operation: Operation,
        model: str,
        amount: Decimal | None,
        *,
        per: PriceUnit = PriceUnit.JOB,
        by_id: int,
    ) -> str:
        """Set the price of an operation, or of one of its models; None removes it. Model '' is for all models.

        Returns what was done, as the record has it. Raises InputError where there is nothing to set or to remove, or
        the list is full.
        """
        if amount is not None or operation.fixed_credits is not None:
            require_priceable(operation, per)
        named = texts.with_model(operation.id, harmless(model_name(operation, model)) if model else "")

        def allow(prices: PriceList) -> None:
            is_set = (operation.id, model) in prices
            if amount is None and not is_set:
                raise InputError(texts.no_price(named), "credits")
            if not is_set and len(prices) >= PRICES_MAX:
                raise InputError(texts.too_many_prices(PRICES_MAX), "credits")

        def record(price: Change[ListedPrice | None]) -> Record:
            about = {"operation": operation.id, "model": model, **_about(price)}
            return Record(kind="price", text=_text(by_id, named, price), by_id=by_id, about=about)

        done = await self._store.prices.set(guild_id, operation.id, model, amount, per=per, allow=allow, record=record)
        return _text(by_id, named, done)

    async def replace(self, guild_id: int, text: str, catalogue: Catalogue, *, by_id: int) -> str:
        """Replace the whole list by that of a CSV file, or change nothing. Returns what was done, as the record has it.

        Raises InputError that names the first wrong lines.
        """
        prices = read_price_file(text, catalogue)

        def record(done: Change[PriceList]) -> Record | None:
            if done.before == done.after:
                return None
            about = {"before": _rows(done.before), "after": _rows(done.after)}
            return Record(kind="price", text=_replaced(by_id, done), by_id=by_id, about=about)

        done = await self._store.prices.replace(guild_id, prices, record=record)
        if done.before == done.after:
            raise InputError(texts.SAME_PRICES, "file")
        return _replaced(by_id, done)


def _about(price: Change[ListedPrice | None]) -> dict[str, str | None]:
    before, after = price.before, price.after
    return {
        "before": None if before is None else str(before.credits),
        "credits": None if after is None else str(after.credits),
        "per": None if after is None else after.per.value,
    }


def _rows(prices: PriceList) -> list[list[str]]:
    return [
        [operation, model, each.per.value, f"{each.credits.normalize():f}"]
        for (operation, model), each in prices.items()
    ]


def _text(by_id: int, named: str, price: Change[ListedPrice | None]) -> str:
    before = "" if price.before is None else price.before.words
    if price.after is None:
        return texts.price_removed(by_id, named, before)
    return texts.price_set(by_id, named, price.after.words, before)


def _replaced(by_id: int, done: Change[PriceList]) -> str:
    before, after = done.before, done.after
    changed = sum(before[name] != after[name] for name in before.keys() & after.keys())
    return texts.prices_replaced(
        by_id,
        len(after),
        new=len(after.keys() - before.keys()),
        changed=changed,
        removed=len(before.keys() - after.keys()),
    )
